"""A scan that was handed in: its words beside it, its figures offered, and taken when a person says yes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from intake.copies.pictures import pictures_of
from intake.programs import tesseract
from intake.scans.picture import picture_as_data
from intake.scans.work import read_waiting
from intake.submit import Filed, SubmissionContext, submit_files
from plan.database import reading
from plan.models import Finding, Submission, SubmissionFile, Value
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.browser.sample import PLAN
from tests.browser.support import Browser, Dash, dashboard_at
from tests.pdf_writing import sheet_as_pdf
from tests.scanning import scanned, tsv
from tests.support.workbook_samples import full

DUTY = "stp/appendix-2"
BEFORE = datetime(2020, 2, 3, 3, 0, tzinfo=UTC)
"""Nobody has handed in anything yet."""


def _scan() -> bytes:
    made = pictures_of(sheet_as_pdf(full("stp"), "PL2"))
    assert made is not None
    return made


def hand_in(dash: Dash, agency: str, name: str, data: bytes, duty: str) -> Filed:
    (filed,) = submit_files(
        SubmissionContext(
            dash.engine,
            dash.site.store,
            PLAN,
            Actor("Văn thư", Role.agency, frozenset({agency})),
            dash.clock(),
        ),
        agency,
        [(name, data)],
        only=duty,
    )
    return filed


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("quet"), BEFORE)
    yield made
    made.engine.dispose()


@pytest.fixture
def address(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the page of a scan that was handed in and waits to be read."""
    monkeypatch.setattr(tesseract, "installed", lambda: True)
    filed = hand_in(dash, "stp", "quet.pdf", _scan(), DUTY)
    shown = dash.client("agency", "stp").get(f"/don-vi/{DUTY}?lan={filed.number}").text
    assert "bản quét: máy đã đọc 0/1 trang" in shown
    (link,) = re.findall(rf'href="(/don-vi/{DUTY}/lan/1/tep/\d+/ban-quet)"', shown)
    return str(link)


@pytest.fixture
def read(dash: Dash, address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, read by now: one figure in doubt."""
    (page,) = scanned(sheet_as_pdf(full("stp"), "PL2"))
    scale = picture_as_data(_scan(), 1)["scale"]
    table = tsv(page, scale=scale).replace("96.25\t42", "41.0\t42", 1)
    monkeypatch.setattr(tesseract, "table_of_words", lambda _png: table)
    assert read_waiting(dash.engine, dash.site.store, dash.clock).read == 1
    return address


def boxes(page: str) -> dict[str, str]:
    """The form's boxes, and what hides in it."""
    inputs = re.findall(r'<input (?:type="hidden" )?name="([^"]+)" value="([^"]*)"', page)
    return {html.unescape(name): html.unescape(value) for name, value in inputs}


def filed(dash: Dash) -> list[Submission]:
    with reading(dash.engine) as session:
        return list(session.exec(select(Submission).order_by(col(Submission.id))))


def test_until_it_is_read_the_page_says_how_far(dash: Dash, address: str) -> None:
    shown = dash.client("agency", "stp").get(address)
    assert shown.status_code == 200
    assert "Máy đang đọc: 0/1 trang" in shown.text
    assert 'name="so|' not in shown.text


def test_without_the_program_the_page_says_so(
    dash: Dash, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tesseract, "installed", lambda: False)
    assert "chưa cài phần đọc chữ" in dash.client("agency", "stp").get(address).text


def test_the_words_and_the_figures_are_shown_and_none_is_taken(dash: Dash, read: str) -> None:
    shown = dash.client("agency", "stp").get(read).text
    assert "Máy đã đọc 1/1 trang" in shown
    filled = {name: text for name, text in boxes(shown).items() if name.startswith("so|")}
    assert len(filled) == 78
    assert filled["so|PL2.1|2015"] == "42"
    assert shown.count('class="doubtful"') == 1
    with reading(dash.engine) as session:
        assert session.exec(select(Value)).first() is None
    text = dash.client("agency", "stp").get(f"{read}.txt").text
    assert text.startswith("[Trang 1]\n")


def test_a_page_is_shown_set_straight(dash: Dash, read: str) -> None:
    own = dash.client("agency", "stp")
    picture = own.get(f"{read}/1")
    assert picture.content.startswith(b"\x89PNG")
    assert own.get(f"{read}/2").status_code == 404


def test_a_persons_yes_hands_the_figures_in_with_the_scan(dash: Dash, read: str) -> None:
    own = dash.client("agency", "stp")
    form = boxes(own.get(read).text) | {"so|PL2.1|2015": "43"}
    answer = own.post(read, data=form)
    assert answer.status_code == 200, answer.text
    first, second = filed(dash)
    assert (first.number, second.number) == (1, 2)
    assert "«quet.pdf»" in second.note
    with reading(dash.engine) as session:
        files = session.exec(
            select(SubmissionFile.filename).where(SubmissionFile.submission_id == second.id)
        ).all()
        value = session.get_one(Value, (second.id, "PL2.1", "2015"))
    assert sorted(files) == ["quet.pdf", "so-lieu-da-xac-nhan.xlsx"]
    assert (value.number, value.file) == (43, "so-lieu-da-xac-nhan.xlsx")
    own.post(read, data=form)
    assert len(filed(dash)) == 2


@pytest.mark.parametrize("words", ["4Ð", "Không áp dụng"])
def test_words_in_a_box_are_judged_as_in_a_workbook_and_lose_no_other_box(
    dash: Dash, read: str, words: str
) -> None:
    own = dash.client("agency", "stp")
    form = boxes(own.get(read).text) | {"so|PL2.1|2015": words}
    answer = own.post(read, data=form)
    assert answer.status_code == 200
    assert words in answer.text
    second = filed(dash)[1]
    with reading(dash.engine) as session:
        told = session.exec(select(Finding).where(Finding.submission_id == second.id)).all()
        kept = session.exec(select(Value).where(Value.submission_id == second.id)).all()
    assert [words in one.message for one in told if one.indicator == "PL2.1"] == [True]
    assert len([one for one in kept if one.number is not None]) == 77


def test_where_every_box_is_empty_nothing_is_handed_in(dash: Dash, read: str) -> None:
    own = dash.client("agency", "stp")
    form = {
        name: "" if name.startswith("so|") else text
        for name, text in boxes(own.get(read).text).items()
    }
    assert "Chưa có số liệu nào được điền" in own.post(read, data=form).text
    assert len(filed(dash)) == 1


def test_figures_of_a_reports_scan_hand_in_their_own_appendix_and_no_other(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The office owes two appendices: one waits, in full; of the other figures stand in the scan."""
    text = sheet_as_pdf(full("vpub"), "PL7")
    scan = pictures_of(text)
    assert scan is not None
    scale = picture_as_data(scan, 1)["scale"]
    tables = iter([tsv(page, scale=scale) for page in scanned(text)])
    monkeypatch.setattr(tesseract, "installed", lambda: True)
    monkeypatch.setattr(tesseract, "table_of_words", lambda _png: next(tables))
    for name, data, duty in (
        ("bieu.xlsx", full("vpub"), "vpub/appendix-3"),
        ("quet.pdf", scan, "vpub/thematic-report"),
    ):
        hand_in(dash, "vpub", name, data, duty)
    assert read_waiting(dash.engine, dash.site.store, dash.clock).failed == 0
    with reading(dash.engine) as session:
        number = session.exec(
            select(SubmissionFile.id).where(SubmissionFile.filename == "quet.pdf")
        ).one()
    path = f"/don-vi/vpub/thematic-report/lan/1/tep/{number}/ban-quet"
    own = dash.client("agency", "vpub")
    assert own.post(path, data=boxes(own.get(path).text)).status_code == 200
    with reading(dash.engine) as session:
        standing = {
            product: find_obligation(session, PLAN, f"vpub/{product}").submissions
            for product in ("appendix-3", "appendix-7", "thematic-report")
        }
    assert standing == {"appendix-3": 1, "appendix-7": 1, "thematic-report": 1}
    assert filed(dash)[-1].note.startswith("Số liệu đọc từ bản quét")


def test_only_who_may_hand_in_says_yes_and_other_agencies_see_nothing(
    dash: Dash, read: str
) -> None:
    leader: Browser = dash.client("leader")
    office = read.replace("/don-vi/", "/nghia-vu/")
    shown = leader.get(office)
    assert shown.status_code == 200
    assert "<button" not in shown.text.partition('id="so-lieu"')[2].partition("</section>")[0]
    other = dash.client("agency", "an-lao")
    for path in (read, f"{read}.txt", f"{read}/1"):
        assert other.get(path).status_code in (403, 404)
    assert other.post(read, data={"so|PL2.1|2015": "1"}).status_code in (403, 404)


def test_another_file_has_no_such_page(dash: Dash) -> None:
    hand_in(dash, "stp", "bieu.xlsx", full("stp"), DUTY)
    with reading(dash.engine) as session:
        number = session.exec(select(SubmissionFile.id)).one()
    path = f"/don-vi/{DUTY}/lan/1/tep/{number}/ban-quet"
    assert dash.client("agency", "stp").get(path).status_code == 404
