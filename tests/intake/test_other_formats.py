"""Old and other formats: .doc, .rtf and .odt through LibreOffice, .csv of an appendix, packed files."""

from __future__ import annotations

import csv
import io
import os
import socket
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

from intake.confine import missing
from intake.package import Package, read_package
from intake.programs import office
from intake.programs import running as programs
from intake.recognise import Content, Recognised, recognise, recognise_safely
from intake.report.reader import read_report
from tests.pdf_writing import varied
from tests.support.office import SOFFICE, converted
from tests.support.report_writing import fill
from tests.support.workbook_samples import full, plan

AGENCY, REPORT, APPENDIX = "hoai-an", "district-report", "appendix-2"


def codes(found: Package | Recognised) -> list[str]:
    findings = found.all_findings() if isinstance(found, Package) else found.findings
    return [one.code for one in findings if one.code != "report.lengths"]


# --- other word processors -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice)")
@pytest.mark.parametrize("kind", ["doc", "rtf", "odt"])
def test_a_report_of_another_word_processor_says_the_same(kind: str) -> None:
    source = fill(plan(), AGENCY, REPORT, varied)[0]
    data = converted({"a.docx": source}, kind)["a.docx"]
    found = recognise_safely(data, f"a.{kind}", plan(), AGENCY)
    assert (found.content, found.data) == (Content.report, data)
    ours = read_report(source, "a.docx", plan(), AGENCY)
    assert found.report is not None
    assert found.report.found == ours.found
    for section in ours.sections:
        assert found.report.text_of(section.node).split() == section.text.split()
    assert codes(found) == ["file.converted"]


def test_without_the_program_it_is_kept_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "found", lambda *_: "")
    found = recognise_safely(b"{\\rtf1 xin chao}", "a.rtf", plan(), AGENCY)
    assert (found.content, codes(found)) == (Content.unread, ["file.unread"])


def test_a_program_holds_its_bounds_and_leaves_nothing(tmp_path: Path) -> None:
    made = tmp_path / "here"
    made.mkdir()
    shell = programs.found("sh")
    assert programs.run([shell, "-c", "echo x > made"], made, programs.Bounds(20, 512))
    assert (made / "made").exists()
    assert not programs.run([shell, "-c", "while :; do :; done"], made, programs.Bounds(1, 512))


def tried(deeds: dict[str, str], folder: Path, shell: str) -> set[str]:
    """The deeds that a guarded shell managed, by name."""
    folder.mkdir()
    lines = (f"({deed}) && : > done-{name}" for name, deed in deeds.items())
    programs.run([shell, "-c", "\n".join(lines)], folder, programs.Bounds(20, 512))
    return {one.name.removeprefix("done-") for one in folder.glob("done-*")}


@pytest.mark.skipif(any("tệp khác" in one for one in missing()), reason="needs Landlock")
def test_a_program_reads_and_writes_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    deeds = {
        "own": "echo x > own && cat own",
        "system": "ls /usr/lib",
        "secret": f"cat {tmp_path}/secret",
        "new": f"echo x > {tmp_path}/new",
        "accounts": "cat /etc/passwd",
        "settings": "ls /etc",
        "home": "ls /var/lib",
        "parent": f"cat /proc/{os.getpid()}/environ",
        "processes": "ls /proc",
        "shared": "ls /dev/shm",
    }
    everyones = {name: deed for name, deed in deeds.items() if name not in ("own", "new")}
    for deed in everyones.values():  # no refusal of the machine's own
        subprocess.run(["sh", "-c", deed], check=True, stdout=subprocess.DEVNULL)
    assert tried(deeds, tmp_path / "here", programs.found("sh")) == {"own", "system"}
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(any("mở mạng" in one for one in missing()), reason="needs seccomp")
@pytest.mark.skipif(not programs.found("bash"), reason="needs bash, which opens sockets by itself")
def test_a_program_reaches_no_network(tmp_path: Path) -> None:
    bash = programs.found("bash")
    with (
        socket.create_server(("127.0.0.1", 0)) as stream,
        socket.socket(type=socket.SOCK_DGRAM) as mail,
    ):
        mail.bind(("127.0.0.1", 0))
        deeds = {
            "tcp": f"echo x > /dev/tcp/127.0.0.1/{stream.getsockname()[1]}",
            "udp": f"echo x > /dev/udp/127.0.0.1/{mail.getsockname()[1]}",
        }
        for deed in deeds.values():  # unguarded they go through
            subprocess.run([bash, "-c", deed], check=True)
        assert tried(deeds | {"own": ":"}, tmp_path / "here", bash) == {"own"}


def test_a_program_is_given_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_SECRET_KEY", "x")
    tried({"env": "export -p > told"}, tmp_path / "here", programs.found("sh"))
    told = (tmp_path / "here" / "told").read_text()
    assert "DONDOC_" not in told
    assert f"HOME='{tmp_path}/here'" in told


def test_kinds_are_told_by_bytes() -> None:
    assert office.foreign_kind(b"{\\rtf1") == "rtf"
    assert office.foreign_kind(full("stp")) == ""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    assert office.foreign_kind(made.getvalue()) == "odt"


# --- tables as text --------------------------------------------------------------------------------


def as_csv(delimiter: str = ",", coding: str = "utf-8-sig", head: str = "") -> bytes:
    sheet = openpyxl.load_workbook(io.BytesIO(full("stp")))["PL2"]
    out = io.StringIO(newline="")
    out.write(head)
    writer = csv.writer(out, delimiter=delimiter)
    for row in sheet.iter_rows(values_only=True):
        texts = ["" if one is None else f"{one}".removesuffix(".0") for one in row]
        hidden = ("bang:", "dong:", "cot:", "dondoc:", "=")
        writer.writerow(["" if one.startswith(hidden) else one for one in texts])
    return out.getvalue().encode(coding)


@pytest.mark.parametrize(
    ("delimiter", "coding", "head"),
    [(",", "utf-8", ""), (";", "utf-8-sig", "sep=;\n"), ("\t", "utf-16", "")],
)
def test_an_appendix_as_text_gives_the_same_figures(delimiter: str, coding: str, head: str) -> None:
    book = read_package([("b.xlsx", full("stp"))], plan(), "stp", recogniser=recognise)
    text = as_csv(delimiter, coding, head)
    found = read_package([("b.csv", text)], plan(), "stp", recogniser=recognise)
    (theirs,), (ours,) = found.parts, book.parts
    key = lambda part: {(v.indicator, v.period): v.number for v in part.values}  # noqa: E731
    assert theirs.deliverable == APPENDIX
    assert key(theirs) == key(ours)
    assert codes(found) == []


@pytest.mark.parametrize(
    "data", [b"xin chao", b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", "Kính gửi,\n".encode()]
)
def test_another_text_is_no_appendix(data: bytes) -> None:
    found = recognise(data, "a.csv", plan(), "stp")
    assert (found.content, codes(found)) == (Content.refused, ["file.unknown"])


def test_the_worker_says_the_same_of_a_text() -> None:
    here, there = (one(as_csv(), "b.csv", plan(), "stp") for one in (recognise, recognise_safely))
    assert there == here


# --- packed ----------------------------------------------------------------------------------------


def zipped(*files: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


def test_a_zip_is_opened_wherever_it_is_handed_in() -> None:
    data = zipped(("bieu/b.xlsx", full("stp")), ("ghi-chu.txt", b"xin chao"))
    found = read_package([("goi.zip", data)], plan(), "stp", recogniser=recognise)
    assert [one.filename for one in found.files] == ["b.xlsx", "ghi-chu.txt"]
    assert found.deliverables == (APPENDIX,)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"Rar!\x1a\x07\x01\x00", ".rar"), (b"7z\xbc\xaf\x27\x1c\0\4", ".7z")],
)
def test_what_cannot_be_unpacked_is_refused_with_what_to_do(data: bytes, kind: str) -> None:
    (told,) = recognise(data, "a.zip", plan(), "stp").findings
    assert (told.code, told.read) == ("file.packed", kind)
    assert ".zip" in told.message
