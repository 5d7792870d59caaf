"""The main ways, in a real Chromium: an agency by her link, the office, consolidation, a rehearsal."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import FilePayload, Page, expect
from sqlmodel import func, select

from consolidation.triggers import react
from dashboard.app import create_app
from dashboard.auth import users
from dashboard.rendering.export import XLSX
from dashboard.web.site import Demo
from intake.forms.workbook import build_workbook
from intake.samples.figures import figures_of, invent
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.models import AuditEvent
from plan.queries import definitions
from plan.queries.lookup import find_obligation, find_plan
from plan.states import Actor, Role
from tests.browser.conftest import Served, context_for, watched
from tests.browser.sample import make_filing
from tests.browser.sound import unsound
from tests.browser.support import Dash
from tests.support.phone import code_at

pytestmark = pytest.mark.slow
PLAN = "04-kh-ubnd-2020"


def definition_of(dash: Dash) -> PlanDefinition:
    with reading(dash.engine) as session:
        return definitions.definition_of(find_plan(session))


def good_workbook(dash: Dash, agency: str) -> bytes:
    definition = definition_of(dash)
    figures = figures_of(definition, agency, invent(definition, 3))
    day = local_day(dash.clock())
    return build_workbook(definition, agency, on=day, deadlines={}, prefill=figures)


def spoilt(data: bytes) -> tuple[bytes, str]:
    """The same workbook with a number typed as words; and the cell it stands in."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["PL3"]
    cell = next(
        cell
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, int | float) and not cell.protection.locked
    )
    place = cell.coordinate
    cell.value = "khoảng ba trăm"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), place


def payload(data: bytes) -> FilePayload:
    return {"name": "bieu-vpub.xlsx", "mimeType": XLSX, "buffer": data}


def open_link(page: Page, served: Served, agency: str, deliverable: str) -> None:
    contact = served.dash.contact_of(agency)
    url = served.dash.site.linker.personal_link(
        PLAN, agency, contact, f"{agency}/{deliverable}", served.dash.clock()
    )
    page.goto(url.replace("http://dondoc.test", served.url))


def finish_the_others(dash: Dash) -> None:
    """All appendices but appendix 3 are in and accepted."""
    reviewer = Actor("Trần Văn Bình", Role.coordinator)
    for name in ("stttt/appendix-7", "stc/appendix-6"):
        agency, _, deliverable = name.partition("/")
        clerk = Actor(f"Văn thư {agency}", Role.agency, frozenset({agency}))
        with writing(dash.engine) as session:
            row = find_obligation(session, PLAN, name)
            assert row.id is not None
            if row.state == "owed":
                filing = make_filing(agency, deliverable, "values", dash.clock())
                ledger.submit(session, row.id, filing, actor=clerk, now=dash.clock())
            ledger.accept(session, row.id, actor=reviewer, now=dash.clock())


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_from_the_link_in_a_mail_to_the_provincial_workbook(
    chromium: Chromium, served: Served, tmp_path: Path, width: int, scheme: str
) -> None:
    dash = served.dash
    dash.site.linker = type(dash.site.linker)(served.url, dash.site.secret)
    finish_the_others(dash)
    good = good_workbook(dash, "vpub")
    bad, cell = spoilt(good)
    looks = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    clerk = context_for(chromium, served, **looks)
    page, faults = watched(clerk, served.url)

    # She follows her link, presses the button, and stands on her product.
    open_link(page, served, "vpub", "appendix-3")
    expect(page.locator("h1")).to_have_text("Văn phòng Ủy ban nhân dân tỉnh")
    assert unsound(page) == []
    page.get_by_role("button", name="Vào trang của").click()
    expect(page).to_have_url(re.compile("/don-vi/vpub/appendix-3$"))

    # Tried first: nothing is kept.
    page.locator('input[type="file"]').set_input_files(payload(bad))
    page.get_by_role("button", name="Chỉ kiểm tra, chưa nộp").click()
    expect(page.locator("h1")).to_contain_text("Chưa nộp")
    assert unsound(page) == []
    page.reload()

    # A faulty workbook: the finding names its cell, and leads to it on the drawn sheet.
    page.locator('input[type="file"]').set_input_files(payload(bad))
    page.get_by_role("button", name="Nộp cho Sở Nội vụ").click()
    expect(page.locator("h1")).to_contain_text("còn phải sửa")
    expect(page.locator(".findings").first).to_contain_text(f"ô {cell}")
    assert unsound(page) == []
    page.get_by_role("link", name="Xem từng ô").first.click()
    place = page.get_by_role("link", name=f"PL3, ô {cell}").first
    target = (place.get_attribute("href") or "").removeprefix("#")
    place.click()
    marked = page.locator(f'[id="{target}"]')
    expect(marked).to_have_class(re.compile("has-error"))
    expect(marked).to_contain_text("khoảng ba trăm")

    # The copy with its faults marked comes back.
    with page.expect_download() as waiting:
        page.get_by_role("link", name="có đánh dấu lỗi").click()
    copy = openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes()))
    assert copy["PL3"][cell].comment is not None

    # The mended one is taken.
    page.locator('input[type="file"]').set_input_files(payload(good))
    page.get_by_role("button", name="Nộp cho Sở Nội vụ").click()
    expect(page.locator("h1")).to_contain_text("Đã nộp")
    expect(page.locator("main")).to_contain_text("Cảm ơn anh/chị")
    assert unsound(page) == []
    assert faults == []
    clerk.close()

    # The office compares, reads and accepts it.
    office = context_for(chromium, served, "coordinator", **looks)
    page, faults = watched(office, served.url)
    page.goto(served.url + "/nghia-vu/vpub/appendix-3/so-sanh?cu=2&moi=3")
    expect(page.locator("h1")).to_contain_text("khác nhau")
    assert unsound(page) == []
    page.goto(served.url + "/nghia-vu?trang-thai=submitted")
    page.get_by_role("link", name="Phụ lục 3").click()
    while page.locator("form.explain").count():
        form = page.locator("form.explain").first
        form.locator("textarea").fill("Đã đối chiếu với sổ theo dõi.")
        form.get_by_role("button").click()
        expect(page.locator(".notice")).to_contain_text("Đã ghi giải trình")
    page.get_by_role("button", name="Nhận báo cáo").click()
    expect(page.locator(".lead")).to_contain_text("đã nhận, trễ")

    # The last input is in: consolidation starts by itself, its workbook is there to open.
    reaction = react(dash.engine, dash.site.store, PLAN, dash.clock())
    assert ("provincial-appendices", "inputs-complete") in {
        (run.output, run.trigger) for run in reaction.runs
    }
    page.goto(served.url + "/tong-hop?san-pham=provincial-appendices")
    expect(page.locator(".output")).to_contain_text("đầu vào 10/10")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tải phu-luc-tong-hop.xlsx").click()
    made = openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes()))
    assert {"PL1", "PL3", "PL8"} <= set(made.sheetnames)
    assert faults == []
    office.close()


def test_the_overview_changes_by_itself(chromium: Chromium, served: Served) -> None:
    context = context_for(chromium, served, "coordinator")
    page, faults = watched(context, served.url)
    page.goto(served.url + "/")
    expect(page.locator(".todo")).to_contain_text("6 bản nộp chờ duyệt")
    with writing(served.dash.engine) as session:
        row = find_obligation(session, PLAN, "stttt/appendix-7")
        assert row.id is not None
        reviewer = Actor("Trần Văn Bình", Role.coordinator)
        ledger.accept(session, row.id, actor=reviewer, now=served.dash.clock())
    expect(page.locator(".todo")).to_contain_text("5 bản nộp chờ duyệt")
    assert faults == []
    context.close()


def test_an_administrator_comes_in_for_the_first_time(chromium: Chromium, served: Served) -> None:
    """One-time link → phone enrolled → password set → out → in again with both."""
    with writing(served.dash.engine) as session:
        link = users.first_admin_link(session, served.url, served.dash.real())
    assert link is not None
    context = context_for(chromium, served)
    page, faults = watched(context, served.url)
    page.goto(link)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.locator("h1")).to_have_text("Thiết lập mã xác thực")
    assert unsound(page) == []
    page.get_by_text("Không quét được").click()
    secret = base64.b32decode(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Mã sáu chữ số").fill(code_at(secret, served.dash.real()))
    page.get_by_role("button", name="Hoàn tất").click()
    expect(page.locator("h2").first).to_have_text("Đặt mật khẩu")
    page.get_by_label("Mật khẩu mới", exact=True).fill("một câu dễ nhớ 2020")
    page.get_by_label("Ghi lại mật khẩu mới").fill("một câu dễ nhớ 2020")
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.locator(".notice")).to_contain_text("Đã đặt mật khẩu")
    page.get_by_role("banner").get_by_role("button", name="Đăng xuất").click()
    served.dash.real.forward(seconds=60)  # a code works once
    page.get_by_label("Thư điện tử").fill("quantri@localhost.local")
    page.get_by_label("Mật khẩu").fill("một câu dễ nhớ 2020")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.locator("h1")).to_have_text("Mã xác thực")
    assert unsound(page) == []
    page.get_by_label("Mã sáu chữ số").fill(code_at(secret, served.dash.real()))
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_role("link", name="Quản trị", exact=True)).to_be_visible()
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Đường dẫn không còn dùng được")
    assert [fault for fault in faults if "410" not in fault] == []
    context.close()


def test_a_rehearsal_is_looked_at_day_by_day(chromium: Chromium, served: Served) -> None:
    dash = served.dash
    with reading(dash.engine) as session:
        first, last = session.exec(select(func.min(AuditEvent.at), func.max(AuditEvent.at))).one()
    app = create_app(
        dash.site.settings,
        dash.engine,
        dash.clock,
        real_clock=dash.real,
        virtual=True,
        demo=Demo(first, last),
    )
    dash.app.router.routes[:] = app.router.routes  # the same server, now for looking only
    dash.app.state.site = app.state.site
    context = context_for(chromium, served)
    page, faults = watched(context, served.url)
    page.goto(served.url + "/")
    expect(page.locator(".rehearsal")).to_contain_text("Đang diễn tập: 04/05/2020")
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".rehearsal strong")).not_to_have_text("Đang diễn tập: 04/05/2020")
    page.goto(served.url + "/luc?ngay=2020-04-21")
    expect(page.locator("h1")).to_contain_text("Còn 6 ngày làm việc đến hạn 29/04/2020")
    page.get_by_label("Xem như").select_option("vinh-thanh")
    page.get_by_role("button", name="Đổi").click()
    expect(page.locator("h1")).to_contain_text("nộp Báo cáo tổng kết")
    expect(page.locator("main")).to_contain_text("chỉ xem")
    assert faults == []
    context.close()
