"""Where agencies are named in a text, and which.

A name is a department («Sở Nội vụ»), a unit with a tail («Trung tâm Kiểm soát bệnh tật tỉnh») or a group
(«các sở, ban, ngành»; «UBND các xã, phường»). It ends where a verb, a mark or one of the words begins that
are in no name. Names are given as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from drafting import words
from drafting.words import CAPITALS, alternatives, fold

MAX_WORDS = 16
"""Words in one name; a longer one has run over its end."""

_DET = r"(?:(?:tất cả |toàn thể |toàn bộ )?(?:các|những)|từng|mỗi|một số|tất cả|toàn thể|cả)"
_DETERMINER = re.compile(rf"{_DET}\s+")
UNIT = re.compile(rf"(?:{alternatives(words.UNIT_HEADS)}|tổ(?!\s+chức))(?!\w)")
_NOT_UNIT = re.compile(alternatives(words.NOT_UNITS) + r"(?!\w)")
_DEPARTMENT = re.compile(
    rf"(?:(?:giám đốc|phó giám đốc|bộ trưởng|thứ trưởng|lãnh đạo)\s+)?(?:sở"
    rf"|bộ)\s+{alternatives(words.DEPARTMENTS)}(?!\w)"
)
_BARE_DEPARTMENT = re.compile(rf"{alternatives(words.DEPARTMENTS)}(?!\w)")
_NAMED_DEPARTMENT = re.compile(r"(?:sở|bộ)\s+\w+")
_GROUP = re.compile(rf"{alternatives(words.GROUP_NOUNS)}(?!\w)")
_PLAIN_GROUP = re.compile(rf"{alternatives(words.PLAIN_GROUPS)}(?!\w)")
_LEADER = re.compile(rf"{alternatives(words.LEADERS)}\s+(?:các\s+)?")
_PEOPLES_COMMITTEE = re.compile(
    r"(?:chủ tịch\s+)?(?:ủy ban nhân dân|ubnd|ủy ban mttq|hội đồng nhân dân|hđnd|công an"
    r"|đảng ủy|trạm y tế|đoàn thanh niên)(?!\w)"
)
_LEVEL = re.compile(
    r"(?:cấp\s+)?(?:các\s+)?(?:xã|phường|đặc khu|thị trấn|huyện|thị xã|thành phố|quận|tỉnh"
    r"|cấp|địa phương)(?!\w)"
)
_LEVELS = re.compile(
    rf"\s+các\s+{_LEVEL.pattern}(?:(?:\s*[,/]\s*|\s*(?:,\s*)?(?:và|-)\s+){_LEVEL.pattern})+"
)
"""«(Hội Phụ nữ) các xã, phường»: the list of levels belongs to the name."""
_END = re.compile(
    rf"(?:{alternatives((*words.VERBS, *words.NAME_ENDS))}|(?:ngày|tháng|qu[ýí]|năm)\s+[\divx]+)(?!\w)"
)
_QUALIFIER = re.compile(
    r"(?:có\s+)?liên\s+quan|(?:thuộc,\s+)?trực\s+thuộc(?:\s+(?:sở|bộ|ubnd|tỉnh))?"
    r"|thuộc\s+(?:[^\s,;.:]+\s+){0,3}?(?:tỉnh|thành phố"
    r"|trung ương|chính phủ|sở|ubnd|bộ)|khác|chuyên\s+môn"
    r"|trên\s+địa\s+bàn(?:\s+(?:toàn\s+)?(?:tỉnh|thành phố|huyện|xã))?"
    r"|được\s+(?:phân\s+công"
    r"|giao)(?:\s+chủ\s+trì)?(?:\s+thực\s+hiện)?(?:\s+(?:các\s+)?nhiệm\s+vụ)?|(?:phối\s+hợp"
    r"|chủ\s+trì)(?=\s+(?:có|chịu)\s+trách\s+nhiệm)|tham\s+gia|ở\s+địa\s+phương"
    r"|truyền\s+thông(?=\s*(?:[,;.:()]|$|và\s))"
    r"|được\s+(?:kiểm\s+tra|thanh\s+tra|giám\s+sát|khảo\s+sát|đánh\s+giá|lựa\s+chọn|chọn|thí\s+điểm|hỗ\s+trợ"
    r"|xếp\s+hạng)(?=\s*(?:[,;.:(]|$)|\s+(?:có|chịu|chuẩn|báo|gửi|nộp|xây|tổ\s+chức|bố|tự|khắc|thực\s+hiện|phối"
    r"|tạo|cung|chủ|căn|nghiêm|phải|cử|hoàn)(?!\w))"
)
_SEPARATOR = re.compile(
    r"\s*(?:[,;]\s*(?:(?:và|cùng(?: với)?|với)\s+)?|(?<=\s)(?:và|cùng(?: với)?|&)\s+|/\s*)"
)
_PAREN = re.compile(r"\s*\([^()]{0,250}\)")
_WORD = re.compile(r"[^\s,;:.()/]+")
_LAST_OF_NAME = re.compile(
    rf"{alternatives(words.NAME_VERBS)}(?=\s+{alternatives(words.STRONG_PREDICATES)}(?!\w))"
)
_TAILS = re.compile(rf"\s+{alternatives(words.NAME_TAILS)}(?!\w)")
_SEVERAL = re.compile(rf"{_DET}\s+(sở|bộ)\s*:?\s+(?={alternatives(words.DEPARTMENTS)}(?!\w))")


@dataclass(frozen=True, slots=True)
class Named:
    """Agencies named one after the other."""

    names: tuple[str, ...]
    start: int
    end: int
    """Where the text goes on after them."""


@lru_cache(maxsize=4_096)
def agencies_at(text: str, start: int = 0) -> Named | None:
    """The agencies named from this very place on."""
    low = fold(text)
    several = _several_departments(text, low, start)
    names: list[str] = []
    end = start
    if several is not None:
        names, end = list(several[0]), several[1]
    else:
        first = _name_at(text, low, start)
        if first is None:
            return None
        names, end = [first[0]], first[1]
    while (separator := _SEPARATOR.match(low, end)) is not None:
        following = _several_departments(text, low, separator.end()) or _one(
            _name_at(text, low, separator.end())
        )
        if following is None:
            break
        names += following[0]
        end = following[1]
    return Named(tuple(names), start, end)


def _one(name: tuple[str, int] | None) -> tuple[list[str], int] | None:
    return ([name[0]], name[1]) if name else None


def _several_departments(text: str, low: str, at: int) -> tuple[list[str], int] | None:
    """«các Sở: Giao thông vận tải, Xây dựng»: one word for several departments."""
    head = _SEVERAL.match(low, at)
    if head is None:
        return None
    word = text[head.start(1) : head.end(1)].capitalize()
    names: list[str] = []
    end = head.end()
    at = head.end()
    while (found := _BARE_DEPARTMENT.match(low, at)) is not None and text[at].isupper():
        names.append(f"{word} {text[at : found.end()]}")
        end = found.end()
        separator = _SEPARATOR.match(low, end)
        if separator is None:
            break
        at = separator.end()
    return (names, end) if names else None


# --- one name --------------------------------------------------------------------------------------


def _name_at(text: str, low: str, at: int) -> tuple[str, int] | None:
    """The name that begins here, and where it ends."""
    determiner = _DETERMINER.match(low, at)
    begin = determiner.end() if determiner else at
    if begin >= len(text) or _NOT_UNIT.match(low, begin):
        return None
    end = (
        _department_end(text, low, begin)
        or (_committee_end(text, low, begin))
        or (_group_end(text, low, begin) if determiner or _opens_group(text, low, at) else None)
        or _leader_end(text, low, begin)
        or _unit_end(text, low, begin)
    )
    if end is None:
        return None
    end = _with_paren(text, low, at, end)
    return " ".join(text[at:end].split()), end


_SMALL_GROUP = re.compile(
    rf"{alternatives(words.PLAIN_GROUPS)}"
    r"(?:,| đảng|\s+thông tấn|\s+báo chí|\s+(?:có )?liên quan|\s+[^\s,]+ khác|\s+khác"
    r"|\s+viễn thông|\s+kiểm kê|\s+quản lý cấp trên|\s+thuộc|\s+ngang bộ)(?!\w)"
)


def _opens_group(text: str, low: str, at: int) -> bool:
    """A group without «các»: «Sở, ban, ngành thành phố», «Doanh nghiệp viễn thông»."""
    if text[at].islower():
        return bool(_SMALL_GROUP.match(low, at))
    found = _PLAIN_GROUP.match(low, at)
    return found is not None and not re.match(
        rf"\s+[{CAPITALS}]", text[found.end() : found.end() + 3]
    )


def _department_end(text: str, low: str, at: int) -> int | None:
    found = _DEPARTMENT.match(low, at)
    if found is None:
        named = _NAMED_DEPARTMENT.match(low, at)
        second = low.find(" ", at) + 1
        if named is None or not text[at].isupper() or not text[second : second + 1].isupper():
            return None
        return _tail_end(text, low, named.end())
    if (
        not text[at].isupper()
        and not text[found.end() - 1 - len(found[0].split()[-1]) + 1].isupper()
    ):
        return None
    return _place_end(text, low, found.end())


_PLACE = re.compile(r"\s+(?:tỉnh|thành phố|tp\.?|huyện|xã|phường|quận|thị xã)(?!\w)")


def _place_end(text: str, low: str, end: int) -> int:
    """After «tỉnh Bình Định», «Thành phố»."""
    place = _PLACE.match(low, end)
    if place is None or re.match(
        r"\s*[,/]\s*(?:phường|xã|thị)", low[place.end() : place.end() + 12]
    ):
        return end
    end = place.end()
    while (word := re.compile(rf"\s+[{CAPITALS}]\w*").match(text, end)) is not None and not _ends(
        text, low, word.start() + 1
    ):
        end = word.end()
    return end


def _committee_end(text: str, low: str, at: int) -> int | None:
    """«UBND các xã, phường, đặc khu»: the list of levels belongs to the name."""
    found = _PEOPLES_COMMITTEE.match(low, at)
    if found is None:
        return None
    end = found.end()
    level = re.compile(r"\s+" + _LEVEL.pattern).match(low, end)
    if level is None:
        return _tail_end(text, low, end)
    end = level.end()
    while True:
        more = re.compile(r"(?:\s*[,/]\s*|\s*(?:,\s*)?(?:và|-)\s+|\s+)" + _LEVEL.pattern).match(
            low, end
        )
        if more is None:
            break
        end = more.end()
    return _tail_end(text, low, end)


def _group_end(text: str, low: str, at: int) -> int | None:
    found = _GROUP.match(low, at)
    if found is None:
        return None
    end = _group_tail(text, low, found.end(), at)
    while True:
        joint = re.compile(r"\s*(?:[,/;]\s*(?:và\s+)?|\s+và\s+(?:các\s+)?|\s+-\s+)").match(low, end)
        if joint is None:
            return end
        noun = _GROUP.match(low, joint.end())
        starts_name = _department_end(text, low, joint.end()) or _committee_end(
            text, low, joint.end()
        )
        if (
            noun is None
            or starts_name
            or (text[joint.end()].isupper() and _is_name(text, low, joint.end()))
        ):
            return end
        if "các" in joint[0] or ";" in joint[0]:  # a group of its own
            return end
        if noun[0] == "tổ chức" and not re.match(
            r"\s*(?:,|;|\.|:|$|và\s|(?:có|chịu) trách nhiệm|phải\s"
            r"|chính trị|xã hội|đoàn thể|có liên|liên quan|cá nhân|tín dụng|khác)",
            low[noun.end() :],
        ):
            return end
        end = _group_tail(text, low, noun.end(), noun.start())


def _leader_end(text: str, low: str, at: int) -> int | None:
    """«Thủ trưởng các sở, ban, ngành»."""
    leader = _LEADER.match(low, at)
    group = _GROUP.match(low, leader.end()) if leader else None
    if leader is None or group is None:
        return None
    if text[leader.end()].isupper() and not text[at : group.end()].isupper():
        return None
    if "các" not in leader[0] and re.match(rf"\s+[{CAPITALS}]", text[group.end() :]):
        return None  # «Trưởng phòng Tổ chức - Hành chính»: one person
    return _group_end(text, low, leader.end())


def _ends(text: str, low: str, at: int) -> bool:
    """Whether a verb or another word that is in no name begins here; capitals are part of a name."""
    found = _END.match(low, at)
    return found is not None and text[at : found.end()].islower()


def _is_name(text: str, low: str, at: int) -> bool:
    """«Công an tỉnh» after a comma is another agency; «Ngành» is not."""
    unit = UNIT.match(low, at)
    return unit is not None and bool(re.match(r"\s+\w", text[unit.end() :]))


def _group_tail(text: str, low: str, end: int, begin: int) -> int:
    """What tells which of them: «có liên quan», «cấp tỉnh», «viễn thông»."""
    while True:
        qualifier = re.compile(r"\s+(?:" + _QUALIFIER.pattern + r")(?!\w)").match(low, end)
        if qualifier is not None and not re.match(r"\s+tham gia\s+\w", low[qualifier.start() :]):
            end = qualifier.end()
            continue
        if (known := _TAILS.match(low, end)) is not None:
            end = known.end()
            continue
        word = re.compile(r"\s+(?=[^\s,;:.()/])").match(low, end)
        if word is None or _ends(text, low, word.end()):
            return end
        if re.match(r"(?:và|cùng|-)(?!\w)", low[word.end() :]):
            return end
        following = _WORD.match(low, word.end())
        if following is None or len(text[begin : following.end()].split()) > MAX_WORDS:
            return end
        end = following.end()


def _unit_end(text: str, low: str, at: int) -> int | None:
    found = UNIT.match(low, at)
    if found is None or not (text[at].isupper() or _small_unit(low, at)):
        return None
    end = _tail_end(text, low, found.end())
    return None if _TOPIC_TAIL.fullmatch(low, found.end(), end) else end


_TOPIC_TAIL = re.compile(r"\s+(?:số|điện tử|thông minh|xanh)")
"""«Thư viện số», «Bệnh viện thông minh»: a topic, nobody's name."""


def _small_unit(low: str, at: int) -> bool:
    return bool(
        re.match(
            r"(?:ủy ban|ubnd|mặt trận|công an|bộ chỉ huy|văn phòng|đảng ủy|hội đồng nhân dân"
            r"|ban chỉ đạo|thủ trưởng|chủ tịch|giám đốc|người đứng đầu)\s",
            low[at:],
        )
    )


def _tail_end(text: str, low: str, end: int) -> int:
    """The end of a name's tail. Words in small letters belong to the tail as long as they are no verb."""
    count = 0
    while count < MAX_WORDS:
        qualifier = re.compile(r"\s+(?:" + _QUALIFIER.pattern + r")(?!\w)").match(low, end)
        if qualifier is not None and not re.match(r"\s+tham gia\s+\w", low[qualifier.start() :]):
            end, count = qualifier.end(), count + 1
            continue
        if (known := _TAILS.match(low, end)) is not None:
            end, count = known.end(), count + 2
            continue
        gap = re.compile(r"\s+(?:-\s+)?|\s*-\s*").match(low, end)
        joined = re.compile(r"\s*,\s+|\s+(?:và|&)\s+").match(low, end)
        if joined is not None:
            # «Phát thanh, Truyền hình»; «Khu kinh tế và các Khu công nghiệp»: a capital, no agency
            start = joined.end()
            plural = re.compile(r"các\s+").match(low, start)
            inner = plural.end() if plural else start
            word = _WORD.match(low, inner)
            if word and text[inner].isupper() and _continues(text, low, start, inner):
                end, count = word.end(), count + 1
                continue
            if (
                re.match(
                    r"\s+và\s+(?:tìm kiếm|các tổ chức (?:thành viên|chính trị)|trẻ em|kinh doanh)",
                    low[end:],
                )
                and "các tổ chức" not in low[end : end + 16]
            ):
                end, count = joined.end(), count + 1
                continue
            return end
        if gap is None or gap.end() >= len(text):
            return end
        word = _WORD.match(low, gap.end())
        if word is None:
            return end
        if (levels := _LEVELS.match(low, end)) is not None:
            end, count = levels.end(), count + 2
            continue
        verb = _END.match(low, gap.end())
        inside = verb if verb and text[gap.end()].isupper() else None  # «Viện Đào tạo quốc tế»
        if (last := inside or _LAST_OF_NAME.match(low, gap.end())) is not None:
            end, count = last.end(), count + 1
            continue
        if _ends(text, low, gap.end()) or (text[gap.end()].isdigit() and text[end - 1].isdigit()):
            return end
        end, count = word.end(), count + 1
    return end


def _continues(text: str, low: str, start: int, inner: int) -> bool:
    """Whether what follows «,» or «và» goes on with the name instead of opening another."""
    if (
        _department_end(text, low, inner)
        or _committee_end(text, low, inner)
        or UNIT.match(low, inner)
    ):
        return False
    return start == inner or not _GROUP.match(low, inner)


def _with_paren(text: str, low: str, start: int, end: int) -> int:
    """Keeps brackets that tell who a group is («các nhà mạng (A, B)»); passes over others."""
    paren = _PAREN.match(text, end)
    if paren is None:
        return end
    inside = paren[0].strip(" ()")
    named = (
        _DETERMINER.match(low, start)
        and inside[:1].isupper()
        and not fold(inside).startswith(("gồm", "cơ quan"))
    )
    return paren.end() if named else end
