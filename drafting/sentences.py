"""One sentence or bullet: who its subject is, with whom, to whom, what is handed in, and where it divides.

Everything here looks at one text alone; what stands above or after the text is `drafting.prose`'s matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from drafting import words
from drafting.agencies import Named, agencies_at
from drafting.words import alternatives, fold

_WHERE = r"\s+(?:được giao\s+)?(?:theo|tại|trong|ở)\s+(?:kế hoạch|quyết định|phụ lục|chương trình)(?:\s+này)?"
_PREDICATE = re.compile(
    rf"(?:{_WHERE})?\s*(?:\([^()]*\)\s*)?(?:[,:-]\s*)?(?:"
    rf"{alternatives((*words.VERBS, *words.PREDICATE_OPENERS))}"
    rf")(?!\w)|\s*(?:\([^()]*\)\s*)?:"
)
_VERB = re.compile(rf"(?:{alternatives(words.VERBS)})(?!\w)")
_CONNECTIVE = re.compile(
    r"^(?:(?:đồng thời|ngoài ra|bên cạnh đó|trong đó|riêng|ngay sau đó|tiếp tục|hằng năm"
    r"|hàng năm|định kỳ|vì vậy|do đó|mặt khác)\s*[,:]?\s+)+"
)
_INTRO = re.compile(
    r"^(?:căn cứ|trên cơ sở|theo|đối với|hằng|hàng|định kỳ|trong|để|sau|khi|trước|chậm nhất"
    r"|từ|đến|ngoài|cùng với|từng|nhằm|thông qua|quá trình|với|tùy|ngay|bên cạnh|đồng thời"
    r"|tại|về|giai đoạn|kết thúc|vào)\b"
)
_REQUEST = re.compile(
    r"(?:^|[,;.:]\s+|\bthành phố\s+|\btỉnh\s+)(?:giao(?:\s+nhiệm\s+vụ)?(?:\s+cho)?|đề\s+nghị"
    r"|yêu\s+cầu|phân\s+công)\s+"
)
_BY = re.compile(r"(?<!\w)do\s+")
_ISSUER = re.compile(
    r"^(?:ubnd|ủy ban nhân dân|chủ tịch (?:ubnd|ủy ban nhân dân)|chính phủ"
    r"|thủ tướng chính phủ)\s*(?:tỉnh|thành phố|tp)?(?:\s+[^,;.]{0,20}?)?\s*(?:yêu cầu|giao"
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


def subject_of(text: str) -> Subject | None:
    """The agencies a sentence makes responsible, or None when it names none as such."""
    subject = _subject_of(text)
    if subject is None:
        return None
    return replace(subject, owners=tuple(_bare_name(name) for name in subject.owners))


_CHARGED = re.compile(r"\s+được\s+(?:phân\s+công|giao)\b.*$", re.IGNORECASE)


def _bare_name(name: str) -> str:
    """«các sở được phân công …» are the departments; «các cơ quan được phân công …» are nobody else."""
    return (
        name if re.match(r"(?:các\s+)?(?:cơ quan|đơn vị)\b", fold(name)) else _CHARGED.sub("", name)
    )


_TOPIC = re.compile(r"^[^,;.:()]{3,45}:\s+")


def _subject_of(text: str) -> Subject | None:
    low = fold(text)
    topic = _TOPIC.match(low)
    if topic is not None and agencies_at(text) is None and not words.OWNER_PREFIX.match(low):
        inner = _subject_of(text[topic.end() :])
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
        return Subject(named.names, named.end) if _PREDICATE.match(low, named.end) else None
    return _after_intro(text, low, begin) or _requested(text, low) or _by(text, low)


def _after_intro(text: str, low: str, begin: int) -> Subject | None:
    """«Căn cứ Kế hoạch này, các sở …»: the subject after an introduction."""
    if not _INTRO.match(low[begin:]):
        return None
    for comma in list(re.finditer(r",\s+|:\s+", low[begin : begin + 600]))[:14]:
        named = agencies_at(text, begin + comma.end())
        if named is not None and _active(low, named):
            if _continues_list(text, low, begin, named):
                return Subject(
                    named.names[-1:],
                    named.end,
                    doubtful=named.names[0] != named.names[-1] or _is_group(named.names[-1]),
                )
            return Subject(named.names, named.end)
    return None


def _is_group(name: str) -> bool:
    """«các sở», «UBND các xã»: as well part of the enumeration before."""
    return bool(re.match(r"(?:các|những|ubnd|ủy ban nhân dân)\b", fold(name)))


_OBJECT = re.compile(r"(?<!\w)(?:của|với|cho|do|tại|từ|giữa)\s+")


def _continues_list(text: str, low: str, begin: int, named: Named) -> bool:
    """«… của các sở, ban, ngành, Sở Tài chính tổng hợp»: only the last of these is the subject."""
    for found in _OBJECT.finditer(low, begin, named.start):
        other = agencies_at(text, found.end())
        if other is not None and other.end > named.start:
            return True
    return False


def _active(low: str, named: Named) -> bool:
    """Whether a verb follows, and not only the rest of an enumeration."""
    after = re.compile(
        rf"(?:{_WHERE})?\s*(?:\([^()]*\)\s*)?,?\s*"
        rf"{alternatives((*words.VERBS, 'có trách nhiệm', 'được', 'sẽ', 'phải'))}(?!\w)"
    ).match(low, named.end)
    if after is None:
        return False
    return (
        not after[0].strip(" ,").startswith(("quy định", "tổ chức có", "giao tại", "ban hành kèm"))
    )


def _requested(text: str, low: str) -> Subject | None:
    """«…, giao Sở Y tế thành lập đoàn …»."""
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
    r"|tham\s+mưu)(?:\s+(?:bằng\s+văn\s+bản|kết\s+quả|tình\s+hình|kịp\s+thời|đề\s+xuất|về|cho"
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


# --- what is handed in -----------------------------------------------------------------------------

_KINDS = (
    (
        "report",
        re.compile(
            r"(?:^|[,;.]\s*|\bvà\s+|\bđể\s+|\s)(?:tổng\s+hợp,?\s+)?(?:báo\s+cáo(?!\s+viên"
            r"|\s+tài\s+chính)(?:\s+(?:kết\s+quả|tình\s+hình|bộ|ủy|ubnd|chính|thủ|sở|chủ|tổng|định"
            r"|hằng|hàng|về|kịp|bằng|tiến|nhanh))?)"
        ),
    ),
    (
        "conference",
        re.compile(
            r"\b(?:hội\s+nghị|hội\s+thảo|tập\s+huấn|diễn\s+tập|tọa\s+đàm|hội\s+chợ"
            r"|lễ\s+(?:phát\s+động|tổng\s+kết|công\s+bố|ra\s+quân)|hội\s+thi|cuộc\s+thi"
            r"|lớp\s+(?:đào\s+tạo|bồi\s+dưỡng|tập\s+huấn))\b"
        ),
    ),
    ("proposals", re.compile(r"\b(?:đề\s+xuất|kiến\s+nghị|đề\s+nghị\s+khen\s+thưởng)\b")),
    (
        "plan",
        re.compile(r"\b(?:kế\s+hoạch|chương\s+trình|đề\s+án|quy\s+hoạch|phương\s+án|lộ\s+trình)\b"),
    ),
    (
        "document",
        re.compile(
            r"\b(?:văn\s+bản|nghị\s+định|thông\s+tư|quyết\s+định|nghị\s+quyết|quy\s+chế|quy\s+định"
            r"|hồ\s+sơ|dự\s+toán|tài\s+liệu|danh\s+mục|hướng\s+dẫn|luật|tờ\s+trình|bộ\s+tiêu\s+chí"
            r"|sổ\s+tay)\b"
        ),
    ),
)
_MAKES = (
    r"(?:xây dựng|ban hành|lập|soạn thảo|biên soạn|hoàn thiện|trình|phê duyệt"
    r"|rà soát, sửa đổi|sửa đổi|tham mưu|dự thảo|góp ý|đề xuất)"
)


def kind_of(text: str, product: str = "") -> str:
    """What kind of thing is handed in; «duty» where nothing is. The table's product says it first."""
    named = _kind_of_product(fold(product)) if product else ""
    if named:
        return named
    low = _main_part(fold(text))
    first = re.sub(r"^[^\w]*", "", low)
    if re.match(
        r"(?:(?:định\s+kỳ|(?:hằng|hàng)\s+\w+|tổng\s+hợp|thực\s+hiện|chế\s+độ|kịp\s+thời"
        r"|trước\s+ngày\s+\S+|có\s+trách\s+nhiệm|và|theo\s+dõi|đột\s+xuất"
        r"|hoặc)[\s,]+)*báo\s+cáo\b",
        first,
    ):
        return "report"
    if re.search(
        r"\b(?:định kỳ|hằng (?:tháng|quý|năm|ngày|tuần)|hàng (?:tháng|quý|năm|ngày|tuần)"
        r"|mỗi (?:tháng|quý)|6 tháng)\b",
        low,
    ) and re.search(r"\bbáo cáo\b(?! viên)", low):
        return "report"
    if re.match(
        r"(?:tham\s+mưu\s*,?\s*|nghiên\s+cứu\s*,?\s*|chủ\s+động\s+|tổng\s+hợp\s*,?\s*"
        r"|rà\s+soát\s*,?\s*)*(?:đề\s+xuất|kiến\s+nghị)\b",
        first,
    ):
        return "proposals"
    if re.search(
        rf"{_MAKES}[^;.]{{0,40}}?\b(?:kế hoạch|chương trình(?! giáo)|đề án|quy hoạch|phương án"
        rf"|lộ trình)\b(?!\s+này)",
        low[:200],
    ) and not re.match(
        r"hướng dẫn|đôn đốc|kiểm tra|chỉ đạo|tổ chức (?:các )?chương trình|tiếp nhận|theo dõi",
        first,
    ):
        return "plan"
    if _handed_in_report(low):
        return "report"
    if re.search(
        r"\b(?:tổ chức|mở|làm đầu mối tổ chức)\s+(?:các\s+|\d+\s+)?(?:hội nghị|hội thảo|lớp|khóa"
        r"|tập huấn|đào tạo, tập huấn|diễn tập|lễ|hội thi|cuộc thi|tọa đàm|hội chợ)\b"
        r"|\btập huấn\b|\btổ chức tổng kết\b",
        low[:220],
    ):
        return "conference"
    if re.search(r"\b(?:đề nghị|xét|trình)[^;.]{0,30}khen thưởng\b", low):
        return "proposals"
    if re.search(
        rf"{_MAKES}[^;.]{{0,30}}?\b(?:văn bản|nghị định|thông tư|quyết định|nghị quyết|quy chế"
        rf"|quy định|hồ sơ|dự toán|tài liệu|danh mục|hướng dẫn|luật|tờ trình|tiêu chí|sổ tay"
        rf"|cơ chế, chính sách)\b",
        low[:160],
    ) or re.match(
        r"(?:thành lập|kiện toàn|nghị định|thông tư|quyết định|nghị quyết|dự án luật|luật)\b", first
    ):
        return "document"
    return "duty"


def _kind_of_product(low: str) -> str:
    order = ("report", "plan", "document", "conference", "proposals")
    patterns = dict(_KINDS)
    hits = [
        (found.start(), kind) for kind in order if (found := patterns[kind].search(low)) is not None
    ]
    return min(hits)[1] if hits and min(hits)[0] < 25 else ""


def _main_part(low: str) -> str:
    """Without «Căn cứ …,» at the beginning."""
    subject = re.match(r"^(?:căn cứ|trên cơ sở|theo)\b[^,;.]*,\s*", low)
    return low[subject.end() :] if subject else low


def _handed_in_report(low: str) -> bool:
    return bool(
        re.search(
            r"(?:^|[,;.]\s*|\bvà\s+)(?:kịp thời\s+|đồng thời\s+|định kỳ[^,;.]{0,25}\s+|hằng \w+\s+"
            r"|hàng \w+\s+)?(?:tổng hợp[^;.]{0,60}?,?\s*(?:và\s+)?)?báo cáo\b(?!\s+viên|\s+tài chính"
            r"|\s+đánh giá tác động)",
            low,
        )
        or re.search(r"(?:gửi|nộp)\s+(?:kết quả|báo cáo|số liệu)", low)
        or re.search(r"(?:chế độ|thực hiện)\s+(?:thông tin,?\s*)?báo cáo", low)
    )


def is_hand_in(text: str) -> bool:
    """Whether a clause hands something in."""
    return kind_of(text) in ("report", "proposals", "plan", "document", "conference") or bool(
        re.search(r"\b(?:gửi|trình|nộp|tổng hợp|cung cấp)\b", fold(text))
    )


# --- clauses ---------------------------------------------------------------------------------------

_STOP = re.compile(
    r"(?<=[^\W\d_)\]\"”»%])(?<!\bTP)(?<!\bTp)(?<!\bTT)(?<!\bUB)(?<!\bVP)(?<!\bPGS)(?<!\bBCH)"
    r"\.\s+(?=[A-ZĐÀ-Ỹ(])|(?<=\d)\.\s+(?=[A-ZĐÀ-Ỹ][^\W\d_]+\s)|;\s+"
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


def deliverable_of(text: str) -> str:
    """A short name of what is owed: the plan's words, cut at a clause."""
    short = text.strip(" .;:,-+")
    short = re.sub(r"\s*\([^()]*\)", "", short)
    short = re.split(r"[;.:]\s+(?=\S)", short)[0]
    if len(short) > 140:
        cut = short[:140]
        short = cut[: max(cut.rfind(","), cut.rfind(" "), 60)].rstrip(" ,")
    return short[:1].upper() + short[1:]
