"""Vietnamese words for dates, spans, deadlines, numbers and lists; and text made comparable.

Pure. Dates are local dates (Asia/Ho_Chi_Minh). Instants are turned into local time by the caller's
zone-aware value: `moment_words` alone takes one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from plan.calendar import LOCAL

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")

_DASHES = re.compile(r"\s*[-‐‑‒–—―−]\s*")


# --- dates -------------------------------------------------------------------------------------


def date_words(day: date) -> str:
    """«04/05/2020»: two digits each, so that columns of dates stand under each other."""
    return f"{day_words(day)}/{day.year}"


def day_words(day: date) -> str:
    """«04/05», where the year is plain."""
    return f"{day.day:02d}/{day.month:02d}"


def long_date(day: date) -> str:
    """«ngày 05 tháng 02 năm 2020», as letters write it.

    A zero leads days below 10 and months 1 and 2 (Nghị định 30/2020/NĐ-CP, Phụ lục I, II.4).
    """
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def plan_cited(number: str, on: date, issuer: str, title: str) -> str:
    """«Kế hoạch số 04/KH-UBND ngày 20 tháng 01 năm 2020 của Ủy ban nhân dân tỉnh về việc tổng kết …»: a
    document named for the first time, in full (Nghị định 30/2020/NĐ-CP, Phụ lục I, II.6)."""
    subject = title.removeprefix("Kế hoạch ")
    return f"Kế hoạch số {number} {long_date(on)} của {issuer} về việc {subject}"


def span_words(first: date, last: date) -> str:
    """«01/04–30/04/2020»; both years where they differ; one date where it is one day."""
    if first == last:
        return date_words(first)
    start = day_words(first) if first.year == last.year else date_words(first)
    return f"{start}–{date_words(last)}"


def moment_words(instant: datetime) -> str:
    """«17:00 ngày 29/04/2020», local time, 24 h."""
    local = instant.astimezone(LOCAL)
    return f"{local:%H:%M} ngày {date_words(local.date())}"


def weekday_words(day: date) -> str:
    """«Thứ Tư»."""
    return WEEKDAYS[day.weekday()]


# --- periods -----------------------------------------------------------------------------------


_DAY_KEY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WEEK_KEY = re.compile(r"(\d{4})-W(\d{2})")
_QUARTERS = {"Q1": "I", "Q2": "II", "Q3": "III", "Q4": "IV"}


def period_words(key: str) -> str:
    """«ngày 03/03/2027», «tuần 9/2027 (01–07/03)», «tháng 3/2027», «quý II/2027», «năm 2027», of a period's
    key (`2027-03-03`, `2027-W09`, `2027-03`, `2027-Q2`, `2027`); a key of another form as it is."""
    year, _, part = key.partition("-")
    if not (year.isdigit() and len(year) == 4):
        return key
    if (day := _DAY_KEY.fullmatch(key)) is not None:
        return f"ngày {day[3]}/{day[2]}/{day[1]}"
    if (week := _WEEK_KEY.fullmatch(key)) is not None and 1 <= int(week[2]) <= 53:
        return _week_words(int(week[1]), int(week[2]))
    if part in _QUARTERS:
        return f"quý {_QUARTERS[part]}/{year}"
    if part.isdigit():
        return f"tháng {int(part)}/{year}"
    return key if part else f"năm {year}"


def _week_words(year: int, week: int) -> str:
    """The days stand beside the number: offices count weeks in more than one way."""
    first = date.fromisocalendar(year, week, 1)
    last = first + timedelta(days=6)
    if first.year != last.year:
        return f"tuần {week}/{year} ({date_words(first)}–{date_words(last)})"
    start = f"{first:%d}" if first.month == last.month else day_words(first)
    return f"tuần {week}/{year} ({start}–{day_words(last)})"


def titled(title: str, period: str) -> str:
    """«Báo cáo tháng, tháng 3/2027»: what recurs is named with its period; nothing named stays so."""
    return f"{title}, {period_words(period)}" if title and period else title


# --- deadlines ---------------------------------------------------------------------------------


# --- numbers and lists -------------------------------------------------------------------------


def number_words(value: int | float | Decimal, places: int | None = None) -> str:
    """«1.234.567,5»: dot between thousands, comma before decimals.

    `places` rounds half up to so many decimals; none: as many as the value has, trailing zeros cut.
    Raises ValueError for what is no number (NaN, infinity).
    """
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(f"not a finite number: {value}")
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if exact.is_zero():
        exact = exact.copy_abs()  # no «-0»
    text = f"{exact:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def join_names(names: Sequence[str], limit: int = 5, noun: str = "đơn vị") -> str:
    """«An Lão, Vân Canh và 3 đơn vị khác»: at most `limit` names, the rest counted; empty: «»."""
    shown, hidden = list(names[:limit]), len(names) - limit
    if hidden > 0:
        rest = f"{number_words(hidden)} {noun}"
        return f"{', '.join(shown)} và {rest} khác" if shown else rest
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} và {shown[-1]}"


def capital(text: str) -> str:
    """The text with its first letter a capital."""
    return text[:1].upper() + text[1:]


# --- matching ----------------------------------------------------------------------------------


def nfc(text: str) -> str:
    """The text with every letter in one piece (Unicode NFC): «Đ», «ầ» as Windows and we write them.

    macOS and old «Unicode tổ hợp» keyboards write letter and accent apart, which looks the same and is
    longer and unequal. Every text from outside passes here before anything measures or compares it.
    """
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_BREAKS = re.compile("[\x0b\x0c]")


def typed_text(text: str) -> str:
    """What somebody typed or pasted, as it is kept: NFC, and without what no page, mail, Word, Excel or edXML
    file can hold and PostgreSQL refuses. Word's own line and page breaks, which a paste brings along, become
    line breaks; other control characters, which nobody sees, are dropped."""
    return nfc(_NO_TEXT.sub("", _BREAKS.sub("\n", text)))


class _Without(dict[int, int | None]):
    """A table for `str.translate` that drops a category's characters; each is looked up once. Reports of
    many agencies are millions of letters."""

    def __init__(self, category: str) -> None:
        self.category = category

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code)) == self.category else code
        self[code] = kept
        return kept


_ACCENTS, _INVISIBLE = _Without("Mn"), _Without("Cf")


def strip_accents(text: str) -> str:
    """The same text without Vietnamese (or any) diacritics; đ and Đ become d and D."""
    bare = unicodedata.normalize("NFD", text).translate(_ACCENTS)
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


def normalise(text: str) -> str:
    """Text for comparing: no accents, no case, one blank for any white space, one plain dash.

    Invisible characters (soft hyphen, zero-width, byte order mark), which Word and Excel leave
    behind, are dropped.
    """
    folded = strip_accents(text.translate(_INVISIBLE).casefold()).casefold()
    return " ".join(_DASHES.sub("-", folded).split())
