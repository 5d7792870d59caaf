"""From an office's Word file to a plan that runs and reminds, in a real Chromium, without touching another
file: wide, on a phone, and without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from notifications.reminders.tick import tick
from plan.database import reading
from plan.models import Message, Obligation, Plan
from plan.states import PlanState
from tests.browser.conftest import Served, context_for, watched
from tests.browser.sound import unsound
from tests.conftest import at
from tests.support.drafts import as_word

pytestmark = pytest.mark.slow
SIGNED = at("2027-01-06 08:00")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
GROUP = "Sở Y tế\nSở Xây dựng"
MOST_ROUNDS = 6
"""Answers may ask further: a group's name, then its members."""


def answer_everything(page: Page) -> int:
    """Every question by its first choice, else by words; how many pages of questions that took."""
    for turn in range(MOST_ROUNDS):
        asked = page.locator("#cau-hoi fieldset")
        if asked.count() == 0:
            return turn
        for number in range(asked.count()):
            one = asked.nth(number)
            if one.locator("textarea").count():
                one.locator("textarea").fill(GROUP)
            elif one.locator("input[type=radio]").count():
                one.locator("input[type=radio]").first.check()
            else:
                one.locator("input:not([type=hidden], .picker)").fill("Sở Nội vụ")
        page.get_by_role("button", name="Ghi các câu đã trả lời").click()
        expect(page.locator(".notice").first).to_contain_text("Đã ghi")
    pytest.fail("questions without end")


def add_person(page: Page, url: str, agency: str, name: str) -> None:
    page.goto(f"{url}/co-quan/{agency}/nguoi-nhan")
    page.get_by_label("Họ tên").fill(name)
    page.get_by_label("Thư điện tử").fill(f"{agency}@anbinh.gov.vn")
    page.get_by_role("button", name="Thêm người nhận").click()


def works_by_keyboard(page: Page) -> None:
    """Rows light their sentences; what is typed stays while one looks elsewhere, with how many are left."""
    row = page.locator(".owed > li").last
    row.click(position={"x": 200, "y": 12})
    expect(page.locator(".document .lit")).to_have_count(1)
    names = page.locator("#cau-hoi textarea").first
    left = page.locator("[data-left]")
    expect(left).to_contain_text("còn")
    before = left.inner_text()
    names.fill("Sở Y tế")
    expect(left).not_to_have_text(before)
    page.reload()
    expect(page.locator("#cau-hoi textarea").first).to_have_value("Sở Y tế")
    page.locator("#cau-hoi textarea").first.press("Control+Enter")
    expect(page.locator(".notice").first).to_contain_text("Đã ghi 1 câu trả lời")
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.locator(".notice").first).to_contain_text("Đã hoàn tác")


def change_and_take_back(page: Page) -> None:
    """A row changed by hand, and as it was read again."""
    row = page.locator(".owed > li").first
    name = row.get_attribute("id")
    said = row.locator("strong").inner_text()
    row.locator("a.edit").click()
    page.get_by_label("Sản phẩm, việc").fill("Việc gõ tay")
    page.locator(f"#{name}").get_by_role("button", name="Ghi", exact=True).click()
    expect(page.locator(f"#{name} strong")).to_have_text("Việc gõ tay")
    page.locator(".step-back button").click()
    expect(page.locator(f"#{name} strong")).to_have_text(said)


@pytest.mark.parametrize(
    ("width", "script"), [(1440, True), (360, True), (1440, False)], ids=["wide", "phone", "plain"]
)
def test_from_a_word_file_to_reminders(
    chromium: Chromium, served: Served, width: int, script: bool
) -> None:
    looks: dict[str, Any] = {
        "viewport": {"width": width, "height": 900}, "java_script_enabled": script
    }  # fmt: skip
    served.dash.clock.now = SIGNED
    context = context_for(chromium, served, "coordinator", **looks)
    page, faults = watched(context, served.url)

    page.goto(f"{served.url}/soan")
    page.locator("#tep").set_input_files(
        {"name": "KH CCHC 2027.docx", "mimeType": WORD, "buffer": as_word()}
    )
    page.get_by_role("button", name="Đọc văn bản").click()
    expect(page.locator("h1")).to_contain_text("Cải cách hành chính năm 2027")
    assert not script or unsound(page) == []
    # a row and its sentence lead to each other
    page.locator(".rows a.ref").first.click()
    assert re.search(r"#d-\d+$", page.url)
    if script:
        works_by_keyboard(page)
    change_and_take_back(page)
    assert answer_everything(page) > 0
    page.get_by_role("link", name="Thiết lập nhắc").click()
    expect(page.locator("main")).to_contain_text("Nếu bắt đầu bây giờ")
    assert not script or unsound(page) == []
    page.get_by_role("button", name="Ghi thiết lập").click()
    expect(page.locator(".notice").first).to_contain_text("Đã ghi thiết lập")
    # what cannot be read is said, and nothing that was typed is lost
    page.get_by_label("Giờ làm việc").fill("sáng")
    page.get_by_label("Tên kế hoạch").fill("Tên gõ tay")
    page.get_by_role("button", name="Ghi thiết lập").click()
    expect(page.locator(".notice.bad").first).to_contain_text("giờ làm việc")
    expect(page.get_by_label("Tên kế hoạch")).to_have_value("Tên gõ tay")
    page.get_by_role("link", name="Về bàn soạn").click()
    page.get_by_role("link", name="Ai nhận, ai tổng hợp gì").click()
    assert not script or unsound(page) == []
    page.get_by_label("Mọi việc loại").select_option("report")
    page.get_by_label("Tổng hợp thành", exact=True).select_option("status-note")
    page.get_by_role("button", name="Ghi cho cả loại").click()
    expect(page.locator("main")).to_contain_text("Báo cáo tình hình thực hiện 15/KH-UBND")
    page.get_by_role("link", name="Về bàn soạn").click()
    page.get_by_role("button", name="Tạo kế hoạch (nháp)").click()
    expect(page.locator("h1")).to_contain_text("Bắt đầu nhắc")

    add_person(page, served.url, "snv", "Trần Thị Lan")
    add_person(page, served.url, "stp", "Lê Văn Hải")
    page.goto(f"{served.url}/ke-hoach/bat-dau")
    for box in page.locator(".checklist input").all():
        box.fill("Đang thử nghiệm")
    page.get_by_role("button", name="Bắt đầu nhắc").click()
    expect(page.locator(".notice").first).to_contain_text("đang chạy")

    with reading(served.dash.engine) as session:
        plan = session.exec(select(Plan).where(Plan.number == "15/KH-UBND")).one()
        owed = session.exec(
            select(Obligation.last_day)
            .where(Obligation.plan_id == plan.id, col(Obligation.last_day).is_not(None))
            .order_by(col(Obligation.last_day))
        ).first()
    assert plan.state == PlanState.running
    assert owed is not None
    told = tick(served.dash.engine, plan.id, at("2027-03-10 09:00"), served.dash.site.desk)
    with reading(served.dash.engine) as session:
        rows = session.exec(select(Message).where(col(Message.id).in_(told.queued))).all()
        assert {row.address for row in rows} >= {"snv@anbinh.gov.vn"}
    assert faults == []
