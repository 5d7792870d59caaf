"""A .csv file with a heading, as spreadsheets write it: records by field, with the line of each."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from plan import legacy_text
from plan.errors import RefusedError
from plan.text import nfc, number_words

_SEPARATOR = re.compile(r"sep=.\r?\n")
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be run as a formula."""
_BEYOND = "\0beyond"
"""No heading can be called so."""
_MOST_SHOWN = 60
"""Letters of a cell that a sentence quotes."""
MOST_LINES = 10
"""Named of those typed in an old font."""


@dataclass(frozen=True)
class Heads:
    """What a file's columns may be called: field → heading, either of which may stand there."""

    words: Mapping[str, str]
    needed: Collection[str]

    def fields(self, written: Sequence[str], filename: str) -> list[str]:
        """The field of each column, as it is written where it is none. RefusedError where one is missing."""
        known = {words.casefold(): name for name, words in self.words.items()}
        folded = [cleaned(one).casefold() for one in written]
        found = [known.get(one, one) for one in folded]
        missing = [name for name in self.words if name in self.needed and name not in found]
        if missing:
            raise RefusedError(
                f"{filename} thiếu cột {', '.join(self.words[name] for name in missing)}; các cột: "
                f"{', '.join(self.words.values())}."
            )
        return found


Reader = Callable[[Path, Heads], Iterator[tuple[int, dict[str, str]]]]
"""What opens a file: records by field, with the line of each (`read_csv`, or `intake.tables.read_table`)."""


class LineFaultsError(RefusedError):
    """Every bad line, and that nothing was done."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        told = "\n  ".join(f"dòng {line}: {words}" for line, words in sorted(faults))
        super().__init__(f"Chưa nhập gì, tệp có {number_words(len(faults))} lỗi:\n  {told}")


def read_csv(path: Path, heads: Heads) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record, its cells by field, with the number of the line it ends on. Streams the file. RefusedError
    for what is no such file, or cannot be read from some line on."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RefusedError(f"Không tìm thấy tệp {path}.") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{path.name} không phải UTF-8; hãy lưu lại dạng «CSV UTF-8».") from None
    text = _in_unicode(nfc(text), path.name)
    lines, skipped = StringIO(text, newline=""), 0
    if _SEPARATOR.match(text):  # Excel's own «sep=;» before the heading
        lines.readline()
        skipped = 1
    delimiter = max(",;\t", key=text.split("\n", skipped + 1)[skipped].count)
    # Not splitlines(): a line break inside quotes belongs to its cell, as Word's own breaks do.
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        reader.fieldnames = heads.fields(reader.fieldnames or (), path.name)
        for number, cells, beyond in _records(reader):
            if beyond:
                raise RefusedError(
                    f"{path.name}, dòng {number + skipped}: thừa ô «{'», «'.join(beyond)}» so với dòng "
                    "tiêu đề; trong ô có dấu ngăn cột thì đặt cả ô trong ngoặc kép."
                )
            yield number + skipped, cells
    except csv.Error as fault:
        raise RefusedError(
            f"{path.name}, dòng {reader.line_num + skipped + 1}: {_csv_words(fault)}."
        ) from None


def _csv_words(fault: csv.Error) -> str:
    """What the reader of CSV stumbled over, as an office can mend it."""
    words = str(fault)
    if "field limit" in words:
        return "một ô dài quá 131.072 ký tự; có thể thiếu dấu ngoặc kép đóng ở dòng trước"
    if "unexpected end" in words:
        return "dấu ngoặc kép mở ra mà không đóng; hãy thêm dấu đóng hoặc bỏ dấu mở"
    if "line contains NUL" in words:
        return "có ký tự rỗng (NUL); hãy lưu lại tệp từ Excel dạng «CSV UTF-8»"
    return "dấu ngoặc kép đặt sai chỗ; trong ô có dấu ngoặc kép thì viết hai dấu liền nhau"


def _records(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """The line, its cells by field, and what it says beyond the last heading."""
    reader.restkey = _BEYOND
    for row in reader:
        # Its type knows text alone; under `restkey` stands a list.
        extra: list[str] = list(row.pop(_BEYOND, []))
        beyond = [text for one in extra if (text := cleaned(one)[:_MOST_SHOWN])]
        cells = {key or "": _bare(cleaned(value or "")) for key, value in row.items()}
        if beyond or any(cells.values()):  # rows emptied in Excel stay behind as commas
            yield reader.line_num, cells, beyond


def _bare(value: str) -> str:
    """Without the mark that our own .csv files put before what a spreadsheet would run: «'+84 905 …»."""
    return (
        value[1:] if value.startswith("'") and value[1:].startswith(RUN_BY_SPREADSHEETS) else value
    )


def cleaned(value: str) -> str:
    """A cell's text in NFC, on one line, without the invisible characters that paste brings along."""
    visible = "".join(c for c in value if unicodedata.category(c) != "Cf")
    return " ".join(nfc(visible).split())


def _in_unicode(text: str, name: str) -> str:
    """Names typed in a font from before Unicode are refused: who «NguyÔn V¨n §oµn» is, its owner must say."""
    lines = text.split("\n")
    verdict = legacy_text.judge(lines)
    if verdict.coding:
        old = [str(n) for n, line in enumerate(lines, 1) if legacy_text.judge([line]).coding]
        where = f", dòng {', '.join(old[:MOST_LINES])}" if old else ""
        more = (
            f" và {number_words(len(old) - MOST_LINES)} dòng khác" if len(old) > MOST_LINES else ""
        )
        raise RefusedError(
            f"{name}{where}{more}: gõ bằng phông không phải Unicode (kiểu {verdict.coding}). "
            "Hãy chuyển sang Unicode, lưu lại dạng «CSV UTF-8» rồi nhập lại."
        )
    return text
