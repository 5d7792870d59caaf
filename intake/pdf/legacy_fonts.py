"""Text in the fonts from before Unicode (.VnTime, VNI-Times): known by the font's name.

Such a file looks right and says «Céng hoµ x· héi». Letters of the TCVN3 fonts stand for one letter each
and are put right; those of VNI stand for parts of letters, and a file in them is refused.
"""

from __future__ import annotations

import re

_TCVN3 = re.compile(r"(?:^|\+)\.?Vn[A-Z3]")
_VNI = re.compile(r"(?:^|\+)VNI[- ]", re.I)
_FROM = "¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ"
_TO = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_LETTERS = str.maketrans(_FROM, _TO)
"""The TCVN3 (ABC) code, as its fonts' letters come out of a file that takes them for Western European."""
VNI_REFUSED = (
    "Tệp dùng phông VNI đời cũ nên chữ không đọc được: hãy mở bản gốc, chuyển mã sang Unicode "
    "(Times New Roman) rồi gửi lại."
)


def is_vni(font: str) -> bool:
    """Whether a font is one of the VNI family."""
    return bool(_VNI.search(font))


def is_tcvn3(font: str) -> bool:
    """Whether a font is one of the TCVN3 (ABC) family."""
    return bool(_TCVN3.search(font))


def from_tcvn3(text: str, font: str) -> str:
    """The text as it looks in this font; unchanged where it holds letters that only Unicode has.

    A font whose name ends in H shows capitals for small letters.
    """
    if any(letter > "\u00ff" for letter in text):
        return text
    right = text.translate(_LETTERS)
    return right.upper() if font.rstrip("BIbi").endswith("H") else right
