"""What a file is, told by its main stream or part, whatever else stands in it."""

from __future__ import annotations

import io
import zipfile

import pytest

from intake.files.compound import Compound
from intake.files.gate import FileKind, sniff
from intake.workbook.reader import read_workbook
from tests.compound_files import Tree, compound_file
from tests.support.office import SOFFICE, converted
from tests.support.workbook_samples import full, plan

INSIDE: list[tuple[Tree, FileKind]] = [
    ({"Workbook": b"x", "MBD00": {"WordDocument": b"y", "1Table": b""}}, FileKind.xls),
    ({"MBD00": {"WordDocument": b"y"}, "WORKBOOK": b"x"}, FileKind.xls),
    ({"BOOK": b"x", "ObjectPool": {"_1": {"WordDocument": b"y"}}}, FileKind.xls),
    ({"WordDocument": b"y", "ObjectPool": {"_1": {"Workbook": b"x"}}}, FileKind.doc),
    ({"WordDocument": b"y", "ObjectPool": {"_1": {"EncryptedPackage": b"x"}}}, FileKind.doc),
    ({"EncryptedPackage": b"y", "EncryptionInfo": b""}, FileKind.encrypted),
    ({"Contents": b"y", "_1": {"Workbook": b"x"}}, FileKind.other),
]


@pytest.mark.parametrize(("tree", "kind"), INSIDE)
def test_a_compound_file_is_what_stands_at_its_top(tree: Tree, kind: FileKind) -> None:
    assert sniff(compound_file(tree)) is kind


def xls() -> bytes:
    if SOFFICE is None:
        pytest.skip("needs LibreOffice (apt install libreoffice-calc-nogui)")
    return converted({"bieu.xlsx": full("stp")}, "xls")["bieu.xlsx"]


def figures(data: bytes) -> dict[tuple[str, str], float | None]:
    reading = read_workbook(data, "bieu.xls", plan(), "stp")
    return {(one.indicator, one.period): one.number for one in reading.values}


def test_an_xls_around_a_word_object_under_any_name_of_its_stream_is_read() -> None:
    data = xls()
    wanted = figures(data)
    stream = Compound(data).stream("Workbook")
    assert len(wanted) == 78
    for name in ("Workbook", "WORKBOOK", "workbook"):
        wrapped = compound_file({"MBD00": {"WordDocument": b"y"}, name: stream})
        assert figures(wrapped) == wanted


def test_an_xls_with_a_password_is_said_to_have_one() -> None:
    data = xls()
    stream = bytearray(Compound(data).stream("Workbook"))
    code_page = stream.index(b"\x42\x00\x02\x00")  # a record of the same size as a password's
    stream[code_page : code_page + 2] = b"\x2f\x00"
    reading = read_workbook(compound_file({"Workbook": bytes(stream)}), "b.xls", plan(), "stp")
    assert [one.code for one in reading.findings] == ["file.encrypted"]


def test_an_xlsx_whose_parts_are_named_with_backslashes_is_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(full("stp"))) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name.replace("/", "\\")), source.read(name))
    assert sniff(made.getvalue()) is FileKind.xlsx
    assert figures(made.getvalue()) == figures(full("stp"))
