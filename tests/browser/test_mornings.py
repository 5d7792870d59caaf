"""What people do in a day, in a real Chromium, with their clicks counted: with script and without, wide and
narrow, light and dark; axe finds nothing on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page
from sqlmodel import col, select

from plan import ledger
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.models import Obligation, Plan, Submission
from plan.queries.lookup import find_obligation, obligation_name
from plan.states import Actor, Role
from plan.text import date_words
from tests.browser.conftest import Served, context_for, watched
from tests.browser.sound import unsound

pytestmark = pytest.mark.slow
PLAN = "04-kh-ubnd-2020"
ACCEPTED = 19
LOOKS = [
    pytest.param(1440, "light", True, id="wide"),
    pytest.param(360, "dark", True, id="phone"),
    pytest.param(1440, "light", False, id="no-script"),
]


@dataclass
class Hand:
    """Presses, counted; and what was wrong with the pages that came."""

    page: Page
    script: bool
    clicks: int = 0
    wrong: list[str] = field(default_factory=list)

    def press(self, what: Locator) -> None:
        self.clicks += 1
        what.click()
        self.page.wait_for_load_state()
        if self.script:
            self.wrong += [
                f"{self.page.url}: {fault}"
                for fault in unsound(self.page)
                if not fault.startswith("layout shift")  # what a press opens moves what is below it
            ]

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=False).first)

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=False).first)

    def open(self, name: str) -> None:
        """What is folded away under this word."""
        self.press(self.page.locator("summary", has_text=name).first)


def hand_of(
    chromium: Chromium, served: Served, role: str, *agencies: str, look: tuple[int, str, bool]
) -> Hand:
    width, scheme, script = look
    context = context_for(
        chromium,
        served,
        role,
        *agencies,
        viewport={"width": width, "height": 780},
        color_scheme=scheme,
        java_script_enabled=script,
    )
    page, _ = watched(context, served.url)
    return Hand(page, script)


def file_until(served: Served, count: int) -> None:
    """So many clean submissions wait for review."""
    now = served.dash.clock()
    with writing(served.dash.engine) as session:
        waiting = session.exec(
            select(Obligation).where(Obligation.plan_id == PLAN, Obligation.state == "submitted")
        ).all()
        owed = session.exec(
            select(Obligation)
            .where(Obligation.plan_id == PLAN, Obligation.state.in_(("owed", "returned")))  # type: ignore[attr-defined]  # a column's method
            .where(col(Obligation.due_at).is_(None))  # what is overdue stays to be urged
            .order_by(col(Obligation.id))
        ).all()
        for row in owed[: count - len(waiting) + 5]:
            agency = obligation_name(session, row).partition("/")[0]
            clerk = Actor(f"Văn thư {agency}", Role.agency, frozenset({agency}))
            filing = Filing(kind="files", received_at=now, payload={"number": row.id})
            ledger.submit(session, row.id or 0, filing, actor=clerk, now=now)


def accepted(served: Served) -> int:
    with reading(served.dash.engine) as session:
        rows = session.exec(select(Submission.id).where(Submission.state == "accepted"))
        return len(list(rows))


@pytest.mark.parametrize(("width", "scheme", "script"), LOOKS)
def test_an_agency_hands_a_duty_down(
    chromium: Chromium, served: Served, width: int, scheme: str, script: bool
) -> None:
    with reading(served.dash.engine) as session:
        row = find_obligation(session, PLAN, "snv/provincial-report")
        assert row.last_day is not None
        until = date_words(row.last_day)
    hand = hand_of(chromium, served, "agency", "snv", look=(width, scheme, script))
    hand.page.goto(f"{served.url}/don-vi/snv/provincial-report")
    hand.link("Giao xuống các đơn vị cùng làm")
    hand.page.get_by_label("Mỗi dòng một đơn vị").fill("Chi cục Văn thư; Lê Một; mot@snv.example")
    hand.page.get_by_label("Đơn vị nộp chậm nhất ngày").fill(until)
    hand.button("Giao xuống")
    assert hand.page.locator("h1").inner_text() == "Đã nhận của 0/1 đơn vị"
    assert "Chi cục Văn thư" in hand.page.locator("table").inner_text()
    with reading(served.dash.engine) as session:
        inner = session.exec(select(Plan).where(col(Plan.parent_obligation_id).is_not(None))).one()
    assert inner.state == "running"
    assert hand.clicks == 2
    assert hand.wrong == []
    hand.page.context.close()


@pytest.mark.parametrize(("width", "scheme", "script"), LOOKS)
def test_a_coordinators_morning(
    chromium: Chromium, served: Served, width: int, scheme: str, script: bool
) -> None:
    file_until(served, ACCEPTED)
    before = accepted(served)
    hand = hand_of(chromium, served, "coordinator", look=(width, scheme, script))
    hand.page.goto(f"{served.url}/")
    hand.link("Bàn làm việc")
    hand.button("bản không còn lỗi")
    assert accepted(served) - before >= ACCEPTED
    assert hand.clicks <= 6
    hand.button("Hoàn tác")
    assert accepted(served) - before < ACCEPTED + 40
    hand.link("Đôn đốc: ai còn thiếu")
    hand.press(hand.page.locator('input[name="co-quan"]').first)
    hand.page.get_by_label("Lời nhắc, khi gửi tin").fill("Đề nghị nộp trong hôm nay.")
    hand.button("Nhắc các cơ quan đã chọn")
    hand.page.goto(f"{served.url}/co-quan/van-canh/ghi-chu")
    hand.page.locator("textarea").first.fill("Hay nộp thiếu chữ ký.")
    hand.press(hand.page.locator("main form button[type=submit]").first)
    assert "Hay nộp thiếu chữ ký." in hand.page.locator("main").inner_text()
    assert hand.clicks <= 12
    assert hand.wrong == []
    hand.page.context.close()


def test_a_leader_sees_what_matters_without_scrolling(chromium: Chromium, served: Served) -> None:
    """On a phone: what is overdue and whose, what comes next, what needs a decision."""
    hand = hand_of(chromium, served, "leader", look=(360, "light", True))
    hand.page.goto(f"{served.url}/lanh-dao")
    for words in ("sản phẩm quá hạn của", "Hạn kế tiếp", "Chờ quyết định"):
        box = hand.page.get_by_text(words, exact=False).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 780, words
    assert unsound(hand.page) == []
    hand.page.context.close()


def test_an_operator_sets_up_who_and_how(chromium: Chromium, served: Served) -> None:
    """Once in: is all well, does the mail channel work, and a coordinator let in with a link used once."""
    hand = hand_of(chromium, served, "admin", look=(1440, "light", True))
    hand.page.goto(f"{served.url}/quan-tri")
    hand.press(hand.page.locator('main a[href="/he-thong"]'))
    assert "Hệ thống" in hand.page.locator("h1").inner_text()
    hand.page.goto(f"{served.url}/quan-tri")
    hand.press(hand.page.locator('main a[href="/quan-tri/kenh"]'))
    hand.button("Thử kênh")
    hand.page.goto(f"{served.url}/quan-tri")
    hand.press(hand.page.locator('main a[href="/quan-tri/nguoi-dung"]'))
    hand.page.locator("#email").fill("duyet@snv.example")
    hand.page.locator("#ten").fill("Lê Thị Duyệt")
    hand.button("Thêm và lấy đường dẫn một lần")
    assert "/mot-lan/" in hand.page.locator(".notice code").inner_text()
    assert hand.clicks == 5
    assert hand.wrong == []
    hand.page.context.close()
