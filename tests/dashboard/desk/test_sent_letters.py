"""A signed letter is sent from the page, by the API and by the command; how it went and what was answered is
shown; the software at the axis fetches its package and says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from dashboard.mail_desk import mail_desk
from dashboard.queries import letters as queries
from documents.edxml import Letter, Organ, Reference, Status, read
from documents.edxml_writing import write
from flows.jobs.edoc_replies import reply
from intake.files.store import Store
from intake.inbox.claims import claim_mail
from intake.inbox.filing import handle
from intake.mail import letters
from intake.mail.edoc import mail_of
from notifications.channels.mail.mime import Composer
from notifications.outbox.outgoing import outgoing_of
from notifications.outbox.store import claim_messages
from plan.database import reading, writing
from plan.models import EdocPackage, IncomingMail, Message, Plan, SignedLetter
from tests.browser.support import Browser, Dash, dashboard_at
from tests.mail_samples import mail
from tests.pdf_pen import PdfPen
from tests.standins.signing import holder, signed
from tests.support.api import API, key
from tests.support.commands import dondoc

NOW = datetime(2020, 4, 20, 3, tzinfo=UTC)
SIGNED = signed(
    PdfPen().page().text(85, 100, "Công văn số 15").save(),
    holder("Trần Văn Bình", "Sở Nội vụ", holder("Gốc", "Ban Cơ yếu")),
)
FORM = {
    "so": "15/SNV-CCHC",
    "ngay": "20/04/2020",
    "trich-yeu": "V/v đôn đốc <báo cáo>",
    "han": "24/04/2020",
    "co-quan": ["stp", "an-lao"],
}


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    made = dashboard_at(tmp_path, NOW, edoc_organ_id="H08.09")
    with writing(made.engine) as session:
        plan = session.exec(select(Plan)).one()
        said = json.loads(plan.definition)
        next(one for one in said["agencies"] if one["id"] == "stp")["organ_ids"] = ["H08.12"]
        plan.definition, plan.definition_hash = json.dumps(said), "with-codes"
        session.add(plan)
    yield made
    made.engine.dispose()


def send(dash: Dash, client: Browser, data: bytes = SIGNED, **changes: Any) -> Any:
    return dash.post(client, "/cong-van/gui", files={"tep": ("15.pdf", data)}, **(FORM | changes))


def rows(dash: Dash, table: type[Any]) -> list[Any]:
    with reading(dash.engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def carried(dash: Dash) -> list[Message]:
    return [one for one in rows(dash, Message) if one.event == "signed-letter"]


def come(dash: Dash, raw: bytes, source: str = "mailbox") -> IncomingMail:
    site = dash.site
    number = claim_mail(dash.engine, site.store, raw, source=source, received_at=NOW, now=NOW)
    assert number
    handle(mail_desk(dash.engine, site.settings, site.desk, site.store, NOW), number)
    with reading(dash.engine) as session:
        return session.get_one(IncomingMail, number)


def test_it_goes_by_both_ways_and_its_file_is_never_rewritten(dash: Dash) -> None:
    client = dash.client("coordinator")
    answer = send(dash, client)
    assert answer.headers["location"] == "/cong-van/da-gui/1"
    shown = client.get("/cong-van/da-gui/1").text
    assert "V/v đôn đốc &lt;báo cáo&gt;" in shown
    assert "«Trần Văn Bình» (Sở Nội vụ)" in shown
    assert "chưa có kho tin cậy" in shown
    assert "chờ phần mềm nối trục lấy" in shown
    assert "mã H08.12" in shown
    assert client.get("/cong-van/da-gui/1/tep").content == SIGNED
    assert "15/SNV-CCHC" in client.get("/cong-van/da-gui").text
    assert {one.channel for one in carried(dash)} == {"email"}
    (claimed, *_) = [
        one
        for one in claim_messages(dash.engine, "email", datetime(2030, 1, 1, tzinfo=UTC), 100, "")
        if one.event == "signed-letter"
    ]
    out = outgoing_of(claimed, NOW, (), dash.site.desk.kept)
    assert [(one.filename, one.data) for one in out.attachments] == [("15.pdf", SIGNED)]
    assert b"15.pdf" in Composer("snv@example.vn").compose(out)
    assert not any("data" in one for one in claimed.content["attachments"])


@pytest.mark.parametrize(
    ("data", "changes", "said"),
    [
        (b"PK\x03\x04", {}, "15.pdf"),
        (SIGNED, {"so": "15"}, "phải như 15/SNV-CCHC"),
        (SIGNED, {"ngay": "21/04/2020"}, "chưa tới"),
        (SIGNED, {"co-quan": []}, "Chưa chọn cơ quan nào"),
        (SIGNED, {"co-quan": ["snv"]}, "chính mình"),
        (SIGNED, {"han": "01/04/2020"}, "trước ngày ban hành"),
    ],
    ids=["no-pdf", "number", "day-to-come", "nobody", "ourselves", "due-before"],
)
def test_what_cannot_be_sent_is_said_and_leaves_nothing(
    dash: Dash, data: bytes, changes: dict[str, Any], said: str
) -> None:
    client = dash.client("coordinator")
    before = len(rows(dash, Message))
    answer = send(dash, client, data, **changes)
    text = answer.text if answer.status_code != 303 else client.get("/cong-van/gui").text
    assert said in text
    assert rows(dash, SignedLetter) == rows(dash, EdocPackage) == []
    assert len(rows(dash, Message)) == before


def test_the_same_letter_is_not_sent_twice(dash: Dash) -> None:
    client = dash.client("coordinator")
    send(dash, client)
    mails = len(carried(dash))
    send(dash, client)
    assert "đã gửi lúc" in client.get("/cong-van/gui").text
    assert len(rows(dash, SignedLetter)) == len(rows(dash, EdocPackage)) == 1
    assert len(carried(dash)) == mails


def test_of_two_at_the_same_moment_one_is_sent(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL neither sees the other's until it is kept: a second press is refused, no fault."""
    client = dash.client("coordinator")
    send(dash, client)
    monkeypatch.setattr(letters, "_sent_before", lambda *_: None)
    send(dash, client)
    assert "vừa được gửi" in client.get("/cong-van/gui").text
    assert len(rows(dash, SignedLetter)) == 1


def test_by_the_api_and_fetched_by_the_software_at_the_axis(dash: Dash) -> None:
    office, http = key(dash, "coordinator"), dash.browser()
    said = {
        "number": "15/SNV-CCHC",
        "issued_on": "2020-04-20",
        "subject": "V/v đôn đốc",
        "agencies": ["stp", "an-lao"],
    }
    sent = http.post(f"{API}/letters", headers=office, data=said, files={"file": ("a.pdf", SIGNED)})
    assert sent.status_code == 201, sent.text
    assert (sent.json()["by_axis"], sent.json()["by_none"]) == (["Sở Tư pháp"], [])
    listed = http.get(f"{API}/edoc/packages?per_page=1", headers=office)
    assert listed.headers["x-total-count"] == "1"
    (waiting,) = listed.json()
    address = f"{API}/edoc/packages/{waiting['id']}"
    got = http.get(address, headers=office)
    assert got.content == http.get(address, headers=office).content
    letter = read(got.content)
    assert isinstance(letter, Letter)
    assert [(one.name, one.data) for one in letter.attachments] == [("a.pdf", SIGNED)]
    assert [(one.id, one.name) for one in letter.to] == [("H08.12", "Sở Tư pháp")]
    for _ in range(2):
        taken = http.post(f"{address}/taken", headers=office)
        assert (taken.status_code, taken.json()["taken_by"]) == (200, "API")
    assert http.get(f"{API}/edoc/packages", headers=office).json() == []
    assert len(http.get(f"{API}/edoc/packages?taken=true", headers=office).json()) == 1
    detail = http.get(f"{API}/letters/1", headers=office).json()
    assert detail["axis_taken_at"]
    assert detail["signatures"][0]["signer"] == "Trần Văn Bình"
    mails = [mail["recipient_name"] for one in detail["deliveries"] for mail in one["mails"]]
    assert sorted(mails) == sorted(one.recipient_name for one in carried(dash))
    assert http.get(f"{API}/letters", headers=office).json()[0]["to"] == 2
    theirs = key(dash, "agency", "stp")
    for path in ("letters", "letters/1", "edoc/packages", f"edoc/packages/{waiting['id']}"):
        assert http.get(f"{API}/{path}", headers=theirs).status_code == 403


def test_what_the_axis_and_the_mailbox_answer_stands_with_the_letter(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = dash.client("coordinator")
    send(dash, client)
    (letter,) = rows(dash, SignedLetter)
    by_id = Status(Organ("H08.12", "Sở Tư pháp"), Reference(document_id=letter.edoc_id), "03")
    by_number = Status(
        Organ("H08.12", "Sở Tư pháp"),
        Reference("H08.09", "15", "SNV-CCHC", date(2020, 4, 20)),
        "06",
    )
    other = Status(Organ("H08.12"), Reference("H08.09", "15", "SNV-CCHC", date(2019, 4, 20)), "06")
    came = [come(dash, mail_of(write(one)), "folder") for one in (by_id, by_number, other)]
    assert [one.letter_id for one in came] == [letter.id, letter.id, None]
    message = next(one for one in carried(dash))
    replied = come(
        dash,
        mail(
            sender=message.address,
            answers=f"<{message.reference}@snv.example>",
            subject="Re: CV 15",
        ),
    )
    assert replied.letter_id == letter.id
    shown = client.get("/cong-van/da-gui/1").text
    assert "3 trả lời" in shown
    for words in ("đã tiếp nhận", "hoàn thành", "Re: CV 15"):
        assert words in shown
    assert 'href="/cong-van/da-gui/1"' in client.get(f"/hop-thu-den/{replied.id}").text
    monkeypatch.setattr(queries, "MOST_ANSWERS", 2)
    assert "3 trả lời, 2 mới nhất" in client.get("/cong-van/da-gui/1").text


def test_a_letter_of_theirs_that_answers_ours_is_told_what_became_of_it(
    dash: Dash, tmp_path: Path
) -> None:
    client = dash.client("coordinator")
    send(dash, client)
    (letter,) = rows(dash, SignedLetter)
    theirs = Letter(
        Organ("H08.12", "Sở Tư pháp"),
        number="12",
        notation="STP-VP",
        subject="Trả lời công văn 15",
        responds_to=(Reference(document_id=letter.edoc_id),),
    )
    row = come(dash, mail_of(write(theirs)), "folder")
    assert (row.state, row.letter_id) == ("to_person", letter.id)
    settings = dash.site.settings.model_copy(update={"edoc_out_dir": tmp_path / "gui"})
    assert reply(dash.engine, settings, dash.site.store, NOW) == 2
    assert reply(dash.engine, settings, dash.site.store, NOW) == 0
    found = [read(one.read_bytes()) for one in sorted((tmp_path / "gui").iterdir())]
    assert [type(one) for one in found] == [Letter, Status]
    assert "đã đến" in client.get(f"/hop-thu-den/{row.id}").text
    assert "phần mềm nối trục lấy lúc" in client.get("/cong-van/da-gui/1").text


def test_a_letter_whose_file_is_gone_holds_up_no_other(dash: Dash, tmp_path: Path) -> None:
    client = dash.client("coordinator")
    send(dash, client)
    send(dash, client, signed(SIGNED, holder("A", "B"), "Ky2"), so="16/SNV-CCHC")
    store = dash.site.store
    assert isinstance(store, Store)
    (first, _) = rows(dash, SignedLetter)
    for path in dash.site.settings.home.rglob(f"*{first.sha256[-20:]}*"):
        path.unlink()
    settings = dash.site.settings.model_copy(update={"edoc_out_dir": tmp_path / "gui"})
    with pytest.raises(Exception, match="tệp"):
        reply(dash.engine, settings, store, NOW)
    assert ["16-SNV-CCHC" in one.name for one in (tmp_path / "gui").iterdir()] == [True]


def test_by_the_command(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_HOME", str(dash.home))
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20T10:00+07:00")
    (dash.home / "15.pdf").write_bytes(SIGNED)
    words = ["letters", "send", str(dash.home / "15.pdf"), "--to", "an-lao", "--on", "2020-04-20"]
    sent = dondoc(*words, "--number", "15/SNV-CCHC", "--subject", "V/v đôn đốc")
    assert sent.exit_code == 0, sent.output
    assert "Đã gửi công văn qua thư điện tử đến 1 cơ quan." in sent.output
    assert "«Trần Văn Bình» (Sở Nội vụ)" in sent.output
    listed = dondoc("letters", "list")
    assert "15/SNV-CCHC" in listed.output
    assert rows(dash, EdocPackage) == []
