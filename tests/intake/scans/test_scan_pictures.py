"""Pictures that are read: lines found in them, set straight, photos turned as the camera says."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest
from PIL import Image

from intake.copies.pictures import pictures_of
from intake.pdf.pages import Rule
from intake.pdf.ruled import ruled_tables
from intake.recognise import Content, recognise
from intake.scans import picture
from intake.scans.picture import DOTS, frames_of, lean_of, picture_as_data, rules_in
from tests.pdf_writing import sheet_as_pdf
from tests.scanning import photo
from tests.support.workbook_samples import full, plan

ORIENTATION = 0x0112


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def grid_of(image: Image.Image) -> list[tuple[int, int]]:
    rules = [[one / DOTS for one in rule] for rule in rules_in(image)]
    tables = ruled_tables([Rule(*rule) for rule in rules])
    return [(len(table.ys) - 1, len(table.xs) - 1) for table in tables]


@pytest.mark.parametrize("lean", [0.0, 0.5, -0.5])
def test_a_tables_lines_are_found_though_it_leans_a_little(lean: float) -> None:
    assert grid_of(opened(photo(2700, 1800)).rotate(lean, fillcolor=255)) == [(2, 3)]


def test_shades_and_letters_are_no_lines() -> None:
    image = Image.new("L", (900, 600), 255)
    image.paste(0, (100, 100, 700, 160))
    for at in range(100, 700, 30):
        image.paste(0, (at, 300, at + 12, 330))
    assert list(rules_in(image)) == []


@pytest.mark.parametrize("lean", [0.0, 1.25, -2.0])
def test_how_a_sheet_lies_is_told(lean: float) -> None:
    image = opened(photo(1800, 1200)).rotate(lean, Image.Resampling.BILINEAR, fillcolor=255)
    assert lean_of(image) == pytest.approx(-lean, abs=0.25)


def test_the_picture_of_a_scan_bears_the_rules_of_its_table() -> None:
    scan = pictures_of(sheet_as_pdf(full("stp"), "PL2"))
    assert scan is not None
    made = picture_as_data(scan, 1)
    (table,) = ruled_tables([Rule(*rule) for rule in made["rules"]])
    assert (len(table.xs) - 1, len(table.ys) - 1) == (12, 14)  # it is wider than its sheet
    image = opened(base64.b64decode(made["png"]))
    assert made["size"] == [pytest.approx(side / made["scale"]) for side in image.size]
    turned = picture_as_data(scan, 1, 90)
    assert turned["size"] == [pytest.approx(side, abs=1) for side in reversed(made["size"])]


def test_a_photo_is_turned_as_the_camera_says() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # held upright: turn to the right
    made = picture_as_data(photo(kind="JPEG", exif=exif), 1)
    wide, high = made["size"]
    assert (round(high), wide < high) == (842, True)


def test_what_is_no_picture_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no picture"):
        picture_as_data(b"\x89PNG and nothing more", 1)
    monkeypatch.setattr(picture, "MOST_OPENED", 1000)
    with pytest.raises(ValueError, match="too large"):
        frames_of(photo())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_photo_that_is_handed_in_is_a_page_to_be_read(kind: str) -> None:
    found = recognise(photo(kind=kind), "anh", plan(), "stp")
    assert (found.content, found.scanned) == (Content.unread, (1,))


def test_a_tiff_of_a_scanner_has_all_its_pages() -> None:
    sheets = [opened(photo()) for _ in range(3)]
    made = io.BytesIO()
    sheets[0].save(made, "TIFF", save_all=True, append_images=sheets[1:])
    assert recognise(made.getvalue(), "quet.tif", plan(), "stp").scanned == (1, 2, 3)


def fax(pages: int = 2) -> bytes:
    """A file as a fax machine makes one."""
    sheets = [opened(photo()).convert("1") for _ in range(pages)]
    made = io.BytesIO()
    sheets[0].save(made, "TIFF", save_all=True, append_images=sheets[1:], compression="group4")
    return made.getvalue()


def png_head(wide: int, high: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    crc = zlib.crc32(head).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + head + crc


def damaged(times: int) -> Iterator[bytes]:
    """A few shapes of damage, each so many times."""
    whole = fax()
    yield from (whole[: len(whole) * cut // times] for cut in range(1, times))
    yield png_head(20_000, 28_000)
    dice = random.Random(4)
    for data in (whole, photo(kind="JPEG"), photo(), photo(kind="TIFF")):
        for _ in range(times):
            spoilt = bytearray(data)
            for _ in range(dice.randint(1, 8)):
                spoilt[dice.randrange(min(len(spoilt), 400))] = dice.randrange(256)
            yield bytes(spoilt[:: 1 if dice.random() < 0.8 else -1])


@pytest.mark.parametrize("times", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_a_damaged_photo_ends_nothing(times: int) -> None:
    for data in damaged(times):
        found = recognise(data, "fax.tif", plan(), "stp")
        assert found.content in (Content.unread, Content.refused)
        with suppress(ValueError):
            picture_as_data(data, 1)


def test_a_page_is_measured_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    opened(photo(60, 40)).save(made, "TIFF", save_all=True, append_images=[opened(photo(900, 600))])
    monkeypatch.setattr(picture, "MOST_OPENED", 10_000)
    assert picture_as_data(made.getvalue(), 1)["png"]
    with pytest.raises(ValueError, match="too large"):
        picture_as_data(made.getvalue(), 2)


def test_a_broken_photo_is_kept_and_not_read() -> None:
    found = recognise(b"\xff\xd8\xff\xe0 torn", "a.jpg", plan(), "stp")
    assert (found.content, found.scanned) == (Content.unread, ())


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_a_telephones_photo_is_refused_with_what_to_do(brand: bytes) -> None:
    found = recognise(b"\0\0\0\x18ftyp" + brand + bytes(40), "a.heic", plan(), "stp")
    assert found.content is Content.refused
    assert [one.code for one in found.findings] == ["file.heic"]
    assert ".jpg" in found.findings[0].message


def test_a_scan_tells_its_pages_and_a_file_with_text_those_that_are_pictures() -> None:
    text = sheet_as_pdf(full("stp"), "PL2")
    scan = pictures_of(text)
    assert scan is not None
    assert recognise(scan, "a.pdf", plan(), "stp").scanned == (1,)
    assert recognise(text, "a.pdf", plan(), "stp").scanned == ()
