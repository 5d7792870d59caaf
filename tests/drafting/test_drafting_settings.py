"""How a drafted plan will remind: set on the page, published into the plan, the first round shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from drafting import workshop
from drafting.document import UnreadableError
from drafting.edits import changed_plan, edited, empty_edits
from drafting.first_round import clear_part, first_round
from drafting.plan_folder import definition_of
from drafting.settings import days_from, days_words, hours_from, hours_words, policy_of
from plan.database import reading
from plan.models import Plan
from plan.queries.definitions import definition_of as plan_definition
from plan.text import moment_words
from tests.browser.support import Dash, dashboard_at
from tests.conftest import at
from tests.support.drafts import TEXT, drafted, fields

ROWS = """II. NHIỆM VỤ
1. Sở Nội vụ
- Báo cáo kết quả thực hiện với UBND tỉnh trước ngày 10/3/2026.
2. Sở Tài chính
- Xây dựng Kế hoạch chuyển đổi số của ngành trước ngày 30/6/2026.
"""


def coming(edits: dict[str, Any], now: str) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    made = drafted(ROWS)
    definition = definition_of(clear_part(edited(made, edits), date(2026, 1, 6)))
    policy = policy_of(made, edits)
    found = first_round(definition.model_copy(update={"reminders": policy}), at(now))
    assert found is not None
    return moment_words(found.at), [(one.agency, one.tones) for one in found.told]


def with_policy(**said: Any) -> dict[str, Any]:
    return {**empty_edits(), "settings": {"reminders": said}}


def test_the_first_round_tells_what_is_open_as_soon_as_the_office_is() -> None:
    when, told = coming(empty_edits(), "2026-01-06 20:00")
    assert when == "07:00 ngày 07/01/2026"
    assert told == [("Sở Nội vụ", ("announce",)), ("Sở Tài chính", ("announce",))]


def test_without_an_announcement_the_first_rung_is_the_first_round() -> None:
    when, told = coming(with_policy(announce=False), "2026-01-06 20:00")
    # 09/03 is the last good day, a Monday; seven working days before it: 26/02
    assert (when, told) == ("07:00 ngày 26/02/2026", [("Sở Nội vụ", ("plain",))])
    later = [{"spans": [["08:30", "11:00"]]}]
    when, _ = coming(with_policy(announce=False, office_hours=later), "2026-01-06 20:00")
    assert when == "08:30 ngày 26/02/2026"


def test_a_deadline_in_years_nobody_knows_the_days_off_of_does_not_hide_the_round() -> None:
    made = drafted(ROWS + "3. Sở Y tế\n- Xây dựng Đề án dược liệu trước ngày 31/12/2055.\n")
    definition = definition_of(clear_part(edited(made, empty_edits()), date(2026, 1, 6)))
    found = first_round(definition, at("2026-01-06 20:00"))
    assert found is not None
    assert {one.agency for one in found.told} == {"Sở Nội vụ", "Sở Tài chính"}


def test_rows_with_an_open_question_are_left_aside() -> None:
    made = drafted(ROWS + "3. Các sở, ban, ngành\n- Báo cáo về Sở Nội vụ trước ngày 20/3/2026.\n")
    work = edited(made, empty_edits())
    assert work["questions"]
    left = {
        name for row in clear_part(work, date(2026, 1, 6))["obligations"] for name in row["owners"]
    }
    assert left == {"Sở Nội vụ", "Sở Tài chính"}


def test_office_hours_are_read_as_they_are_written() -> None:
    words = "16/04 đến 15/10: 07:00-11:30; 13:30-17:00\n16/10 đến 15/04: 07:30-11:30"
    policy = policy_of({}, with_policy(office_hours=hours_from(words)))
    assert policy.office_hours[0].from_day == "04-16"
    assert hours_words(policy) == words
    for wrong in ("7 giờ sáng", "07:00", "30/02 đến 01/03: 07:00-11:00", "25:00-26:00"):
        with pytest.raises(UnreadableError, match="giờ làm việc"):
            hours_from(wrong)


def test_days_off_are_read_as_they_are_written() -> None:
    words = "03/09/2027: nghỉ, nghỉ bù Quốc khánh\n11/09/2027: làm bù, bù cho ngày 03/09"
    assert days_words(days_from(words)) == words
    for wrong in ("03/09/2027", "31/02/2027: nghỉ, vì", "03/09/2027: chơi, vì"):
        with pytest.raises(UnreadableError, match="mỗi dòng một ngày"):
            days_from(wrong)
    with pytest.raises(UnreadableError, match="hai lần"):
        days_from("03/09/2027: nghỉ, a\n03/09/2027: nghỉ, b")


def test_what_the_document_says_of_itself_can_be_corrected() -> None:
    made = drafted(ROWS)
    edits = changed_plan(empty_edits(), {"coordinator": "Sở Tư pháp", "number": ""})
    plan = edited(made, edits)["plan"]
    assert plan["coordinator"] == "Sở Tư pháp"
    assert plan["number"] == made["plan"]["number"]


# --- on the page -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    found = dashboard_at(tmp_path_factory.mktemp("settings"))
    yield found
    found.engine.dispose()


def as_shown(page: str) -> dict[str, Any]:
    """The form as a browser would send it back."""
    sent: dict[str, Any] = {}
    form = page[page.index('<fieldset class="bare"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'(name|value|type)="([^"]*)"', tag))
        if told.get("type") != "checkbox":
            sent[told["name"]] = told.get("value", "")
        elif " checked" in tag:
            sent.setdefault(told["name"], []).append(told["value"])
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S)
    return sent | dict(areas)


def version(page: str) -> str:
    found = re.search(r'name="ban" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_settings_are_saved_as_one_goes_and_published_into_the_plan(dash: Dash) -> None:
    client = dash.client("coordinator")
    desk = dash.post(client, "/soan", van__ban=TEXT).headers["location"]
    page = client.get(f"{desk}/thiet-lap").text
    assert "Đợt nhắc đầu tiên" in page
    sent = as_shown(page) | {
        "gio": "08:00-11:00; 14:00-16:30",
        "ngay-nghi": "03/09/2027: nghỉ, nghỉ bù Quốc khánh",
        "kenh-zalo_oa": "kem",
        "kh-coordinator": "Sở Tư pháp",
        "nac-0-ngay": "10",
    }
    seen = version(page)
    assert dash.post(client, f"{desk}/thiet-lap", ban=seen, **sent).status_code == 303
    again = client.get(f"{desk}/thiet-lap").text
    assert as_shown(again)["gio"] == "08:00-11:00; 14:00-16:30"
    # the other one, who still looks at the page as it was
    dash.post(client, f"{desk}/thiet-lap", ban=seen, **(sent | {"gio": "09:00-10:00"}))
    assert "vừa sửa" in client.get(f"{desk}/thiet-lap").text
    assert as_shown(client.get(f"{desk}/thiet-lap").text)["gio"] == "08:00-11:00; 14:00-16:30"

    while asked := fields(page := client.get(desk).text):
        data = {"ban": version(page)}
        for key, choices in asked:
            data[f"hoi-{key}"] = choices[0] if choices else ""
            if key.startswith(("group-", "owner-")):
                data[f"khac-{key}"] = "Sở Y tế\nSở Xây dựng"
        assert dash.post(client, f"{desk}/tra-loi", **data).status_code == 303
    assert dash.post(client, f"{desk}/thanh-ke-hoach", ban=version(page)).status_code == 303
    with reading(dash.engine) as session:
        draft = workshop.find_draft(session, int(desk.rsplit("/", 1)[1]))
        plan = plan_definition(session.get_one(Plan, draft.plan_id))
    assert plan.reminders.office_hours[0].spans == [("08:00", "11:00"), ("14:00", "16:30")]
    assert plan.reminders.also == ["zalo_oa"]
    assert [rung.offset for rung in plan.reminders.rungs] == [-10, -3, -1, 2, 5]
    assert plan.reminders.rungs[-1].audience[-1] == "coordinator-leadership"
    assert [one.day for one in plan.calendar] == [date(2027, 9, 3)]
    named = {agency.id: agency.names[0].name for agency in plan.agencies}
    assert named[plan.coordinator] == "Sở Tư pháp"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gio": "sáng"}, "giờ làm việc"),
        ({"gio": "11:00-08:00"}, "bị ngược"),
        ({"kenh-email": ""}, "ít nhất một kênh"),
        ({"nac-0-lap": "0"}, "từ 1"),
        ({"ngay-nghi": "mai"}, "mỗi dòng một ngày"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_kept(
    dash: Dash, changed: dict[str, str], said: str
) -> None:
    client = dash.client("coordinator")
    desk = dash.post(client, "/soan", van__ban=TEXT).headers["location"]
    page = client.get(f"{desk}/thiet-lap").text
    sent = as_shown(page) | changed
    dash.post(client, f"{desk}/thiet-lap", ban=version(page), **sent)
    after = client.get(f"{desk}/thiet-lap").text
    assert said in after
    assert version(after) == version(page)
