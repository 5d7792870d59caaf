"""Letters in a picture, by Tesseract (Apache-2.0) with Vietnamese, where it is installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from intake.programs import running as programs

BOUNDS = programs.Bounds(seconds=120, megabytes=1536)
LANGUAGE = "vie"
_DATA = ("/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/local/share/tessdata")
_MOST = 16 * 1024 * 1024
"""Bytes of an answer: a page of newsprint has a tenth."""
NOT_INSTALLED = (
    "Máy này chưa cài phần đọc chữ trong ảnh: apt-get install tesseract-ocr tesseract-ocr-vie."
)
_FIND_THE_TURN = "1"
"""Page segmentation with orientation: a table is often scanned on its side."""


@cache
def installed() -> bool:
    """Whether the program and its Vietnamese are there; looked for once."""
    return bool(programs.found("tesseract")) and any(
        next(Path(folder).rglob(f"{LANGUAGE}.traineddata"), None) for folder in _DATA
    )


def table_of_words(png: bytes, bounds: programs.Bounds = BOUNDS) -> str | None:
    """What the program says of a picture, as TSV; None where it did not manage within its bounds."""
    program = programs.found("tesseract")
    if not program:
        return None
    with programs.workshop() as folder:
        source, made = folder / "trang.png", folder / "trang.tsv"
        source.write_bytes(png)
        command = [program, str(source), str(made.with_suffix("")), "-l", LANGUAGE]
        command += ["--psm", _FIND_THE_TURN, "tsv"]
        if not programs.run(command, folder, bounds) or not made.is_file():
            return None
        with made.open("rb") as file:
            data = file.read(_MOST + 1)
    return data.decode("utf-8", "replace") if len(data) <= _MOST else None
