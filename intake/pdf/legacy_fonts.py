"""Text in the fonts from before Unicode (.VnTime, VNI-Times): known by the font's name.

Such a file looks right and says «Céng hoµ x· héi». Letters of the TCVN3 fonts stand for one letter each
and are put right; those of VNI stand for parts of letters, and a file in them is refused.
"""

from __future__ import annotations

import re
from dataclasses import replace

from intake.pdf.model import UnreadablePdfError
from intake.pdf.pages import Page

_TCVN3 = re.compile(r"(?:^|\+)\.?Vn[A-Z3]")
_VNI = re.compile(r"(?:^|\+)VNI[- ]", re.I)
_FROM = "¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ"
_TO = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
TCVN3 = str.maketrans(_FROM, _TO)
"""The TCVN3 (ABC) code, as its fonts' letters come out of a file that takes them for Western European."""


def in_unicode(page: Page) -> Page:
    """The page with the letters of TCVN3 fonts put right. Raises UnreadablePdfError for VNI fonts.

    Works by page: runs do not say their font, and no office mixes the two on one page.
    """
    if any(_VNI.search(font) for font in page.fonts):
        raise UnreadablePdfError(
            "Tệp dùng phông VNI đời cũ nên chữ không đọc được: hãy mở bản gốc, chuyển mã sang Unicode "
            "(Times New Roman) rồi gửi lại."
        )
    old = [font for font in page.fonts if _TCVN3.search(font)]
    if not old:
        return page
    capitals = all(font.rstrip("BIbi").endswith("H") for font in old)
    runs = tuple(
        replace(run, text=_put_right(run.text, capitals=capitals)) if _is_old(run.text) else run
        for run in page.runs
    )
    return replace(page, runs=runs)


def _is_old(text: str) -> bool:
    """Whether nothing in it is written in Unicode's own Vietnamese letters."""
    return not any(letter > "\u00ff" for letter in text)


def _put_right(text: str, *, capitals: bool) -> str:
    right = text.translate(TCVN3)
    return right.upper() if capitals else right
