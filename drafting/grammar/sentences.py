"""One sentence or bullet: who its subject is, with whom, to whom, and where it divides.

Everything here looks at one text alone; what stands above or after the text is `drafting.prose`'s matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from drafting import words
from drafting.grammar.agencies import Named, agencies_at
from drafting.words import CAPITALS, alternatives, fold

_WHERE = (
    r"\s+(?:được giao\s+)?(?:theo|tại|trong|ở)\s+"
    r"(?:(?:quyết định|kế hoạch|nghị quyết|công văn) số \S+(?: ngày \d{1,2}[/.-]\d{1,2}[/.-]\d{4})?"
    r"(?: của (?:ubnd|chủ tịch ubnd) (?:tỉnh|thành phố|huyện|xã))?"
    r"|(?:kế hoạch|quyết định|phụ lục|chương trình)(?:\s+này)?"
    r"|[^,;.:]{3,70}?(?=\s+(?:có trách nhiệm|chủ động|căn cứ|chịu trách nhiệm|chủ trì)\b))"
)
_PREDICATE = re.compile(
    rf"(?:{_WHERE})?\s*(?:\([^()]*\)\s*)?(?:[,:-]\s*)?(?:"
    rf"{alternatives((*words.VERBS, *words.PREDICATE_OPENERS))}"
    rf")(?!\w)|\s*(?:\([^()]*\)\s*)?:"
)
_VERB = re.compile(rf"(?:{alternatives(words.OPENERS)})(?!\w)")
_CONNECTIVE = re.compile(
    r"^(?:(?:đồng thời|ngoài ra|bên cạnh đó|trong đó|riêng|ngay sau đó|tiếp tục|hằng năm"
    r"|hàng năm|định kỳ|vì vậy|do đó|mặt khác)\s*[,:]?\s+)+"
)
_INTRO = re.compile(
    r"^(?:căn cứ|trên cơ sở|theo(?! dõi)|đối với|hằng|hàng|định kỳ|trong|để|sau|khi|trước|chậm nhất"
    r"|từ|đến|ngoài|cùng với|từng|nhằm|thông qua|quá trình|với|tùy|ngay|bên cạnh|đồng thời"
    r"|tại|về|giai đoạn|kết thúc|vào|ở)\b"
)
_REQUEST = re.compile(
    r"(?:^|[,;.:]\s+|\bthành phố\s+|\btỉnh\s+)(?:giao(?:\s+nhiệm\s+vụ)?(?:\s+cho)?|đề\s+nghị"
    r"|yêu\s+cầu|phân\s+công)\s+"
)
_BY = re.compile(r"(?<!\w)do\s+")
_ISSUER = re.compile(
    r"^(?:(?:chủ tịch |phó chủ tịch |thường trực )?(?:ubnd|ủy ban nhân dân)|chính phủ"
    r"|thủ tướng chính phủ|(?:phó )?giám đốc sở|ban giám đốc|ban thường vụ|hiệu trưởng(?: nhà trường)?"
    r"|(?:bộ|cục|vụ|viện) trưởng)\s*(?:tỉnh|thành phố|tp)?(?:\s+[^,;.]{0,20}?)?\s*(?:yêu cầu|giao"
    r"|đề nghị|phân công)\s+"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a sentence is about."""

    owners: tuple[str, ...]
    rest: int
    """Where what they owe begins."""
    doubtful: bool = False
    """Whether the words may make others responsible too."""


def subject_of(text: str, *, under_owner: bool = False) -> Subject | None:
    """The agencies a sentence makes responsible, or None when it names none as such.

    `under_owner`: an owner stands above. Then «yêu cầu UBND xã …» is what that owner does, and agencies that
    may only be part of an enumeration make no subject.
    """
    low = fold(text)
    if under_owner and _ASKS.match(low):
        return None
    subject = _subject_of(text, under_owner)
    if (
        subject is None
        or (under_owner and subject.doubtful)
        or all(_PERSONS.match(fold(name)) for name in subject.owners)
        or any(fold(name) in ("cơ quan", "đơn vị", "tổ chức") for name in subject.owners)
    ):
        return None
    return replace(subject, owners=tuple(_bare_name(name) for name in subject.owners))


_ASKS = re.compile(r"(?:kính đề nghị|đề nghị|yêu cầu|giao|phân công)\s")
_PERSONS = re.compile(
    r"(?:các\s+|mỗi\s+|từng\s+)?(?:cá nhân|tập thể|người(?!\s+đứng\s+đầu)|cấp(?!\s+ủy)|ngành(?!\s*,)"
    r"|giáo viên|nhân viên|chuyên viên)\b"
)
_CHARGED = re.compile(r"\s+được\s+(?:phân\s+công|giao)\b.*$", re.IGNORECASE)


def _bare_name(name: str) -> str:
    """«các sở được phân công …» are the departments; «các cơ quan được phân công …» are nobody else."""
    return (
        name if re.match(r"(?:các\s+)?(?:cơ quan|đơn vị)\b", fold(name)) else _CHARGED.sub("", name)
    )


_TOPIC = re.compile(r"^[^;.:()]{3,110}(?:\([^()]*\)\s*)?:\s+")


def _subject_of(text: str, under_owner: bool) -> Subject | None:
    low = fold(text)
    topic = _TOPIC.match(low)
    if topic is not None and agencies_at(text) is None and not words.OWNER_PREFIX.match(low):
        inner = _subject_of(text[topic.end() :], under_owner)
        return replace(inner, rest=inner.rest + topic.end()) if inner else None
    begin = 0
    for lead in (_CONNECTIVE, _ISSUER):
        if (found := lead.match(low, begin)) is not None and begin == 0:
            begin = found.end()
            if lead is _ISSUER:
                named = agencies_at(text, begin)
                return Subject(named.names, named.end) if named else None
    prefix = words.OWNER_PREFIX.match(low[begin:])
    if prefix is not None and not prefix[0].startswith("chỉ đạo"):
        named = agencies_at(text, begin + prefix.end())
        if named is not None and (
            prefix[0].split()[0] in ("giao", "đề", "yêu", "kính", "phân")
            or _PREDICATE.match(low, named.end)
        ):
            return Subject(named.names, named.end)
    named = agencies_at(text, begin)
    if named is not None:
        if _PREDICATE.match(low, named.end):
            return Subject(named.names, named.end)
        if (leads := _LONG_NAME_LEADS.match(text, named.end)) is not None:
            name = text[text.rfind(named.names[-1], begin, named.end) : leads.end()]
            return Subject((*named.names[:-1], name), leads.end())
        return _all_who_must(text, low, begin, named.end)
    subject = _after_intro(text, low, begin, under_owner)
    if subject is not None or under_owner:
        return subject
    return _requested(text, low) or _by(text, low)


_LONG_NAME_LEADS = re.compile(r"\s+về\s+[^,;.:()]{3,60}?(?=\s+chủ trì\b)")
"""«Cục Giám định Nhà nước về chất lượng công trình xây dựng chủ trì»: the name goes on."""
_ALL = re.compile(r"(?:tất cả|toàn thể|toàn bộ)\s")
_WHO_MUST = re.compile(
    r"(?:,\s+[^,;.:()]{2,30}?)*(?:\s+(?:tham gia|làm|được)\s[^,;.:()]{2,60})?(?=\s+phải\s)"
)


def _all_who_must(text: str, low: str, begin: int, end: int) -> Subject | None:
    """«Tất cả lực lượng, phương tiện tham gia Kế hoạch này phải …»: they are told by what they do."""
    more = _WHO_MUST.match(low, end) if _ALL.match(low, begin) else None
    return Subject((text[begin : more.end()],), more.end()) if more else None


_DIRECTS = re.compile(r"(?:chỉ đạo|đôn đốc|vận động|đề nghị|yêu cầu)\s+(?:các|những)\s")
"""Under an owner: «Căn cứ chức năng, chỉ đạo các trường …» is what that owner does."""


def _after_intro(text: str, low: str, begin: int, under_owner: bool) -> Subject | None:
    """«Căn cứ Kế hoạch này, các sở …»: the subject after an introduction."""
    if not _INTRO.match(low[begin:]):
        return None
    for comma in list(re.finditer(r",\s+|:\s+", low[begin : begin + 600]))[:14]:
        if under_owner and _DIRECTS.match(low, begin + comma.end()):
            return None
        named = agencies_at(text, begin + comma.end())
        if named is not None and (_active(low, named) or low[named.end :].strip() == ":"):
            before = _list_before(text, low, begin, named)
            if before is not None and not (
                is_many(named.names[0]) and not any(map(is_many, before))
            ):
                return Subject(named.names[-1:], named.end, doubtful=is_many(named.names[-1]))
            return Subject(named.names, named.end)
    return None


def is_many(name: str) -> bool:
    """«các sở», «UBND các xã», «địa phương»: not one agency."""
    return name[0].islower() or bool(re.match(r"(?:các|những|ubnd|ủy ban nhân dân)\b", fold(name)))


_OBJECT = re.compile(
    r"(?<!\w)(?:của|với|cho|do|tại|từ|giữa|đến|về|chỉ đạo|hướng dẫn|yêu cầu|đề nghị|giúp|huy động|phối hợp"
    r"|đôn đốc|kiểm tra)\s+"
)


def _list_before(text: str, low: str, begin: int, named: Named) -> tuple[str, ...] | None:
    """The names an enumeration began with that these may only go on: «của các sở, ngành, Sở A …».

    After a group the last one alone is the subject; after single names («của Chính phủ, các bộ, UBND các tỉnh
    xây dựng …») a group begins anew.
    """
    for found in _OBJECT.finditer(low, begin, named.start):
        other = agencies_at(text, found.end())
        if other is not None and other.end > named.start:
            return other.names[: max(1, len(other.names) - len(named.names))]
    return None


def _active(low: str, named: Named) -> bool:
    """Whether a verb follows, and not only the rest of an enumeration («của các sở, ngành, chủ trì …»)."""
    after = re.compile(
        rf"(?:{_WHERE})?\s*(?:\([^()]*\)\s*)?(?:,\s*(?=căn cứ|trên cơ sở|theo|trong))?\s*"
        rf"{alternatives((*words.VERBS, 'có trách nhiệm', 'được', 'sẽ', 'phải', 'theo', 'trong'))}(?!\w)"
    ).match(low, named.end)
    if after is None:
        return False
    return (
        not after[0].strip(" ,").startswith(("quy định", "tổ chức có", "giao tại", "ban hành kèm"))
    )


def _requested(text: str, low: str) -> Subject | None:
    """«…, giao Sở Y tế thành lập đoàn …»."""
    if not any(
        word in low for word in ("giao", "nghị", "cầu", "công")
    ):  # most sentences ask nobody
        return None
    for found in _REQUEST.finditer(low):
        named = agencies_at(text, found.end())
        if named is not None:
            return Subject(named.names, named.end)
    return None


def _by(text: str, low: str) -> Subject | None:
    """«do Sở A chủ trì»."""
    for found in _BY.finditer(low):
        named = agencies_at(text, found.end())
        if named is not None and re.match(
            r"\s+(?:chủ trì|làm chủ đầu tư|chịu trách nhiệm|làm đầu mối)\b", low[named.end :]
        ):
            return Subject(named.names, named.end)
    return None


# --- partners and recipients -----------------------------------------------------------------------

_WITH = re.compile(
    r"(?<!\w)(?:phối\s+hợp|cùng\s+với|hợp\s+đồng)(?:\s+(?:chặt\s+chẽ|thường\s+xuyên|đồng\s+bộ"
    r"|hiệu\s+quả|tốt|chủ\s+động))*(?:\s*,\s*[^,;.]{2,40}?(?=\s+với\s))?\s+(?:với\s+"
    r"|cùng\s+(?:với\s+)?|của\s+)?|(?<!\w)làm\s+việc\s+với\s+"
)
_PASSIVE_WITH = re.compile(
    r"(?:sự|quy chế|công tác|cơ chế|tham gia|chương trình|kế hoạch|hoạt động|tăng cường"
    r"|chế độ|phương án|trách nhiệm)\s+(?:chủ động\s+)?$"
)


def partners_of(text: str) -> tuple[str, ...]:
    """With whom: whoever stands after «phối hợp với»."""
    low = fold(text)
    names: list[str] = []
    for found in _WITH.finditer(low):
        if _PASSIVE_WITH.search(low[: found.start()]):
            continue
        named = agencies_at(text, found.end())
        if named is not None:
            names += [name for name in named.names if name not in names]
    return tuple(names)


_TO = re.compile(
    r"(?<!\w)(?:báo\s+cáo|gửi|trình|nộp|gửi\s+về|gửi\s+cho"
    r")(?:\s+(?:bằng\s+văn\s+bản|kết\s+quả|tình\s+hình|kịp\s+thời|đề\s+xuất|về|cho"
    r"|lên|đến|tới|cấp))*\s+(?=\S)"
    r"|(?<!\w)(?:báo\s+cáo|gửi|kết\s+quả|danh\s+sách|số\s+liệu|hồ\s+sơ)\b[^.;]{0,120}?\s(?:về"
    r"|gửi|đến|cho)\s+(?:về\s+)?(?=\S)"
)
_THROUGH = re.compile(
    r"\s*\(\s*(?:qua|thông\s+qua)\s+[^()]+\)|\s*,?\s+(?:thông\s+qua|qua)\s+(?=[A-ZĐ])",
    re.IGNORECASE,
)


def recipients_of(text: str) -> tuple[str, ...]:
    """To whom a thing is handed in: «báo cáo UBND tỉnh (qua Sở Nội vụ)»."""
    low = fold(text)
    for found in _TO.finditer(low):
        named = agencies_at(text, found.end())
        if named is None:
            continue
        names = list(named.names)
        through = _THROUGH.match(text, named.end)
        if through is not None:
            desk = through[0].strip() if through[0].strip().startswith("(") else None
            if desk is None:
                at = agencies_at(text, through.end())
                desk = f"(qua {', '.join(at.names)})" if at else None
            if desk:
                names[-1] = f"{names[-1]} {desk}"
        return tuple(names)
    return ()


# --- clauses ---------------------------------------------------------------------------------------

_STOP = re.compile(
    r";\s+|\.(?<=[^\W\d_)\]\"”»%]\.)(?<!\bTP\.)(?<!\bTp\.)(?<!\bTT\.)(?<!\bUB\.)(?<!\bVP\.)(?<!\bPGS\.)"
    rf"(?<!\bBCH\.)\s+(?=[{CAPITALS}(])|\.(?<=\d\.)\s+(?=[{CAPITALS}][^\W\d_]+\s)"
)


def clauses(text: str) -> list[tuple[int, int]]:
    """Where a text divides at full stops and semicolons outside brackets: start and end of each part."""
    parts = []
    start = 0
    for stop in _STOP.finditer(text):
        if text.count("(", start, stop.start()) > text.count(")", start, stop.start()):
            continue
        parts.append((start, stop.end()))
        start = stop.end()
    parts.append((start, len(text)))
    return [(a, b) for a, b in parts if text[a:b].strip(" .;")]


_COMMA_REPORT = re.compile(
    r",\s+(?:đồng thời\s+|và\s+)?(?=(?:định kỳ\s+[^,;.]{0,40})?(?:tổng hợp,?\s+)?báo cáo\s+)"
)


def report_at(text: str) -> int | None:
    """Where, after a comma, a clause goes on with a report: «…, báo cáo UBND tỉnh kết quả hằng năm»."""
    found = _COMMA_REPORT.search(fold(text))
    return found.end() if found is not None and len(text[: found.start()].split()) >= 8 else None


def begins_with_verb(text: str) -> bool:
    """Whether a bullet begins as a task does."""
    low = re.sub(r"^[\W_]+", "", fold(text))
    return bool(_VERB.match(low))
