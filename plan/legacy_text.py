"""Text typed in fonts from before Unicode: TCVN3 (ABC: «.VnTime») and VNI («VNI-Times»), told and converted.

Such a file stores other letters and only its font shows them as Vietnamese: «§¸nh gi¸» in .VnTime is
«Đánh giá». Nghị định 30/2020/NĐ-CP (Phụ lục I, Phần I, mục I.4) asks for Unicode. Converted is what can
only be meant one way: the font says so and what comes out are Vietnamese syllables, or, without the font,
text that is Vietnamese in one coding and in no other. Everything else is refused by name. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

TCVN3 = dict(
    zip(
        "\u00a1\u00a2\u00a3\u00a4\u00a5\u00a6\u00a7\u00a8\u00a9\u00aa\u00ab\u00ac\u00ad\u00ae"
        "\u00b5\u00b6\u00b7\u00b8\u00b9\u00bb\u00bc\u00bd\u00be\u00c6\u00c7\u00c8\u00c9\u00ca\u00cb"
        "\u00cc\u00ce\u00cf\u00d0\u00d1\u00d2\u00d3\u00d4\u00d5\u00d6\u00d7\u00d8\u00dc\u00dd\u00de"
        "\u00df\u00e1\u00e2\u00e3\u00e4\u00e5\u00e6\u00e7\u00e8\u00e9\u00ea\u00eb\u00ec\u00ed\u00ee"
        "\u00ef\u00f1\u00f2\u00f3\u00f4\u00f5\u00f6\u00f7\u00f8\u00f9\u00fa\u00fb\u00fc\u00fd\u00fe",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
VNI_ALONE = dict(zip("íìæóòôöîñÍÌÆÓÒÔÖÎÑ", "íìỉĩịơưỵđÍÌỈĨỊƠƯỴĐ", strict=True))
VNI_MARKS = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323", "â": "\u0302",
    "ê": "\u0306", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309",
    "ã": "\u0302\u0303", "ä": "\u0302\u0323", "é": "\u0306\u0301", "è": "\u0306\u0300",
    "ú": "\u0306\u0309", "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_PAIR = re.compile("([aeiouyôöAEIOUYÔÖ])([ùøûõïâêáàåãäéèúüëÙØÛÕÏÂÊÁÀÅÃÄÉÈÚÜË])")
_OTHER_FONTS = re.compile(r"vps |vi times|svn|vntimes|viscii|bk hcm", re.IGNORECASE)
_SYLLABLE = re.compile(
    "(?:ngh?|[cgknpt]h|tr|gi|qu|[bcdđghklmnpqrstvx])?"
    "(?:[iuo]?[yêôơưâăaeiou][aiouyêơ]?[iuoy]?)(?:ng|nh|ch|[cmnpt])?"
)
TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
_QUOTES = re.compile("[«»°²³½¼¾·]")
_WORD = re.compile(r"[^\W\d_]+(?:[^\W\d_]|[\u00a1-\u00ff])*|[\u00a1-\u00ff]+[^\s]*")
SURE = 0.85
"""Share of words that must be Vietnamese syllables once converted."""


_QUOTED = re.compile(r"(?<!\S)«((?:[^»]|»(?=[^\W\d_])){1,200}?)»(?![^\W\d_])")
"""Guillemets that were meant: no Vietnamese word ends in «ằ», which TCVN3 writes as »."""


def _from_tcvn3(text: str) -> str:
    if "»" in text:
        text = _QUOTED.sub("\1\\1\2", text)
    converted = "".join(TCVN3.get(letter, letter) for letter in text)
    return converted.replace("\1", "«").replace("\2", "»")


def _from_vni(text: str) -> str:
    def letter(found: re.Match[str]) -> str:
        base = VNI_ALONE.get(found[1], found[1])
        return base + VNI_MARKS[found[2].lower()]

    paired = _VNI_PAIR.sub(lambda found: f"\0{letter(found)}", text)
    # A pair's base is converted already: only what stands alone is left.
    parts = re.split("(\0.)", paired)
    joined = "".join(
        part[1:] if part.startswith("\0") else "".join(VNI_ALONE.get(c, c) for c in part)
        for part in parts
    )
    return unicodedata.normalize("NFC", joined)


CODINGS: Mapping[str, Callable[[str], str]] = {"TCVN3": _from_tcvn3, "VNI": _from_vni}


def coding_of(font: str) -> str:
    """`TCVN3`, `VNI`, `other` for a font of another old coding, empty for a Unicode font."""
    name = font.strip().lower()
    if name.startswith(".vn"):
        return "TCVN3"
    if name.startswith(("vni-", "vni ")):
        return "VNI"
    return "other" if _OTHER_FONTS.match(name) else ""


def convert(text: str, coding: str, font: str = "") -> str:
    """The text in Unicode. A font whose name ends in H («.VnTimeH») shows capitals for small letters."""
    converted = CODINGS[coding](text)
    capitals = coding == "TCVN3" and font.strip().endswith("H")
    return converted.upper() if capitals else converted


@lru_cache(maxsize=65536)
def _is_syllable(word: str) -> bool:
    bare = unicodedata.normalize("NFD", word.lower()).translate(TONES)
    return bool(_SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)))


def share_of_syllables(text: str) -> float:
    """How many of the words with a letter beyond ASCII are Vietnamese syllables, 0–1; 1 without any."""
    text = _QUOTES.sub(" ", text) if _UNICODE.search(text) else text
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return sum(map(_is_syllable, words)) / len(words) if words else 1.0


@dataclass(frozen=True)
class Verdict:
    """What texts of unknown font are typed in: a coding, or empty for Unicode. `sure`: nothing else."""

    coding: str = ""
    sure: bool = True


def is_suspicious(text: str) -> bool:
    """Whether a text has letters, or pairs of them, that no Vietnamese text has, and none that only Unicode
    has."""
    if text.isascii() or _UNICODE.search(text):
        return False
    return bool(_NEVER.search(text) or _NEVER_PAIR.search(text))


def judge(texts: Iterable[str]) -> Verdict:
    """What texts that stand together are typed in, by their letters alone: a coding where nearly every word
    becomes Vietnamese by it, and few are as they stand."""
    sample = "\n".join([text for text in texts if is_suspicious(text)][:2_000])[:60_000]
    if not sample:
        return Verdict()
    plain = share_of_syllables(sample)
    by_coding = {name: share_of_syllables(change(sample)) for name, change in CODINGS.items()}
    best = max(by_coding, key=lambda name: by_coding[name])
    gain = by_coding[best] - plain
    if by_coding[best] >= SURE and gain >= _CLEARLY:
        return Verdict(best)
    many = len(_WORD.findall(sample)) >= _MANY and plain < 0.5
    return Verdict(best, sure=False) if many and gain > 0 else Verdict()


def to_unicode(texts: Sequence[str]) -> tuple[list[str], Verdict]:
    """The texts of one file, those in an old coding converted; what is not sure stays as it is."""
    verdict = judge(texts)
    if not verdict.coding or not verdict.sure:
        return list(texts), verdict
    change = CODINGS[verdict.coding]
    # Beside Unicode text only what is no Vietnamese as it stands was typed in the old font.
    mixed = any(_UNICODE.search(text) for text in texts)
    return [_better(text, change, mixed=mixed) for text in texts], verdict


def _better(text: str, change: Callable[[str], str], *, mixed: bool) -> str:
    if text.isascii() or _UNICODE.search(text):
        return text
    changed = change(text)
    gain = share_of_syllables(changed) - share_of_syllables(text)
    return changed if gain > 0 or (gain == 0 and not mixed) else text


def typed_in_unicode(text: str) -> bool:
    """Whether it has letters that no old coding has: its font's name is a left-over."""
    return bool(_UNICODE.search(text))


_CLEARLY = 0.2
_MANY = 5
_UNICODE = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
)
_NEVER = re.compile(
    "[\u00a1-\u00aa\u00ac\u00ae\u00af\u00b4-\u00b8\u00c4-\u00c7\u00cb\u00ce\u00cf\u00d1\u00d6-\u00d8\u00db\u00dc"
    "\u00de\u00df\u00e4-\u00e7\u00eb\u00ee\u00ef\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe]"
)
"""Letters no Vietnamese text has; marks and quotes that it may have are not among them."""
_NEVER_PAIR = re.compile("[aeAE][ùõâêáàãéèúÙÕÂÊÁÀÃÉÈÚ]|[oO][âêõùÂÊÕÙ]")
"""Vowels that never follow each other so: VNI's «Nguyeãn Thò Maãu» has no stranger letter."""
