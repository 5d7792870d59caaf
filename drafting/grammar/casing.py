"""What stands in capitals («KẾ HOẠCH CỦA TỈNH BÌNH ĐỊNH»), as a sentence writes it.

Names cannot be told from capitals alone. The document itself writes most of them elsewhere, and there their
letters are seen; of provinces and of an agency's own name the form is known.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from drafting.words import alternatives, fold

_ABBREVIATIONS = re.compile(
    r"(?<!\w)(?:UBND|HĐND|TP\.?|KCN|5G|4G|IOT|CNTT|QĐ|TTG|NQ|CP|CT|KH|TW|BTC|UBTVQH\d*|QH\d*"
    r"|MTTQ|CCHC|TTHC|OCOP|ASEAN|GRDP|PCI|PAPI|(?<!PHẠM )(?<!HÀNH )(?<!THI )[IVX]{2,})(?!\w)"
)
PROVINCES = (
    "an giang|bà rịa - vũng tàu|bạc liêu|bắc giang|bắc kạn|bắc ninh|bến tre|bình dương|bình định"
    "|bình phước|bình thuận|cà mau|cao bằng|cần thơ|đà nẵng|đắk lắk|đắk nông|điện biên|đồng nai"
    "|đồng tháp|gia lai|hà giang|hà nam|hà nội|hà tĩnh|hải dương|hải phòng|hậu giang|hòa bình"
    "|hồ chí minh|hưng yên|khánh hòa|kiên giang|kon tum|lai châu|lạng sơn|lào cai|lâm đồng|long an"
    "|nam định|nghệ an|ninh bình|ninh thuận|phú thọ|phú yên|quảng bình|quảng nam|quảng ngãi"
    "|quảng ninh|quảng trị|sóc trăng|sơn la|tây ninh|thái bình|thái nguyên|thanh hóa|thừa thiên huế"
    "|huế|tiền giang|trà vinh|tuyên quang|vĩnh long|vĩnh phúc|yên bái|việt nam"
)
"""The provinces of before and after 01/7/2025, and the country."""
_PROVINCE = re.compile(
    rf"(?<!\w)(?:tỉnh|thành phố|tp\.?|nước|địa bàn)\s+({PROVINCES})(?!\w)"
    r"|(?<!\w)(việt nam|chính phủ)(?!\w)"
)
_PLACE = re.compile(
    r"(?<!\w)(?:tỉnh|thành phố|tp\.?|huyện|quận|thị xã|thị trấn|xã|phường|đặc khu)\s+"
)
_NAMED = (
    "sở",
    "bộ",
    "ban quản lý",
    "chi cục",
    "tổng cục",
    "cục",
    "vụ",
    "viện",
    "trường",
    "công an",
)
_SCHOOLS = re.compile(r"(?<!\w)(?:thpt|thcs|th|mn|tthc)(?!\w)", re.IGNORECASE)
_PART_OF_NAME = re.compile(r"(?:^|\s(?:và|-)\s+|,\s+)\w")
_LONGEST, _SHORTEST = 8, 2
"""Words of a piece that is looked for in the document."""
_MOST_SEEN = 20
_OPENS = re.compile(r"(?:^|[.;:!?\n•+-]\s*|[\d)]\.?\s+)$")


def sentence_case(text: str, written: str = "") -> str:
    """A title in capitals as a sentence writes it; names as `written`, the document's own text, has them."""
    if not text.isupper():
        return text
    words = text.lower().split()
    said: list[str] = []
    at = 0
    while at < len(words):
        size, piece = _as_written(tuple(words[at : at + _LONGEST]), written)
        said.append(piece)
        at += size
    low = _PROVINCE.sub(lambda found: _titled(found, found.lastindex or 0), " ".join(said))
    for found in _ABBREVIATIONS.finditer(text):
        low = re.sub(rf"(?<!\w){re.escape(found[0].lower())}(?!\w)", found[0], low)
    return low[:1].upper() + low[1:]


def _titled(found: re.Match[str], group: int) -> str:
    name = found[group]
    written = "Chính phủ" if name == "chính phủ" else name.title()
    return found[0][: len(found[0]) - len(name)] + (written if name.islower() else name)


def _as_written(words: tuple[str, ...], written: str) -> tuple[int, str]:
    """How many of these words the document writes together elsewhere, and how; else the first alone."""
    low = _lower(written)
    for size in range(len(words), _SHORTEST - 1, -1):
        piece = " ".join(words[:size])
        forms: Counter[str] = Counter()
        for found in re.finditer(rf"(?<!\w){re.escape(piece)}(?!\w)", low):
            form = written[found.start() : found.end()]
            opens = _OPENS.search(low[max(0, found.start() - 4) : found.start()])
            if not form.isupper() and not (opens and form[1:].islower()):
                forms[form] += 1
            if forms.total() >= _MOST_SEEN:
                break
        if forms:
            return size, forms.most_common(1)[0][0]
    return 1, words[0]


@lru_cache(maxsize=2)
def _lower(written: str) -> str:
    low = written.lower()
    return low if len(low) == len(written) else ""


def agency_case(capitals: str) -> str:
    """«ỦY BAN NHÂN DÂN TỈNH ĐẮK LẮK» as «Ủy ban nhân dân tỉnh Đắk Lắk», «SỞ Y TẾ» as «Sở Y tế»."""
    text = " ".join(re.sub(r"\s*-{2,}.*", "", capitals).split())
    if not text.isupper():
        return text
    low = text.lower()
    if fold(low).startswith("trường "):  # named after a person or a place
        low = "trường " + low[len("trường ") :].title()
        low = _SCHOOLS.sub(lambda found: found[0].upper(), low)
    elif fold(low).startswith(_NAMED):
        head = re.match(rf"{alternatives(_NAMED)}\s+", low)
        at = head.end() if head else 0
        low = low[:at] + _PART_OF_NAME.sub(
            lambda found: found[0][:-1] + found[0][-1].upper(), low[at:]
        )
    elif place := list(_PLACE.finditer(low)):
        low = low[: place[-1].end()] + low[place[-1].end() :].title()
    low = _PROVINCE.sub(lambda found: _titled(found, found.lastindex or 0), low)
    low = re.sub(r"^(?:ubnd|hđnd)(?!\w)", lambda found: found[0].upper(), low)
    return low[:1].upper() + low[1:]
