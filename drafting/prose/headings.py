"""What a paragraph is by its shape: a heading, a lead-in, a name, a closing word.

A heading may name owners («2. Sở Y tế:»), a time («Tháng 5/2026:») or a kind of section.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from drafting import words
from drafting.grammar.agencies import agencies_at
from drafting.grammar.labels import bare_label
from drafting.grammar.names import agencies_in, without_gloss
from drafting.grammar.sentences import begins_with_verb
from drafting.prose.outline import SECTIONS, Node
from drafting.times.due import Time
from drafting.times.expressions import best_time, find_times, read_slot
from drafting.words import fold

POINTS = re.compile(
    r"^\(?(?:\(|chi tiết|như|theo|có|xem)?[^.;]{0,60}(?:chi tiết|tại|theo|trong)\s+(?:các\s+)?"
    r"(?:phụ lục|biểu)[^.;]{0,80}[.)]*$|^như phụ lục"
)
"""«(Chi tiết tại Phụ lục kèm theo)»: points to where the tasks stand."""


_ASKS_ALL = re.compile(
    r"(?:yêu cầu|đề nghị) (?:thủ trưởng )?(?:các|những)\b.*(?:thực hiện|triển khai)"
    r"|.*thông báo (?:để|đến|cho) các\b.*(?:biết|thực hiện)"
)
_SHORT_CLOSING = 30
"""Words of a last sentence that only asks everybody to do as the plan says."""


def closes(node: Node) -> bool:
    if node.kind != "plain":
        return False
    low = fold(node.text)
    return (
        bool(words.CLOSING.match(low))
        or (
            low.rstrip().endswith("./.")
            and bool(words.EXHORTATION.match(low) or re.search(r"đề nghị các|yêu cầu các", low))
        )
        or (bool(_ASKS_ALL.match(low)) and len(low.split()) < _SHORT_CLOSING)
    )


def is_title(node: Node) -> bool:
    """A heading, not a sentence."""
    text = node.text.rstrip()
    return node.kind in (*SECTIONS, "article") or (
        (node.bold or bool(node.children)) and not text.endswith((".", ";")) and len(text) < 220
    )


def is_sentence(node: Node) -> bool:
    return node.body.rstrip().endswith((".", ";", "…")) or len(node.body) > 220


def is_heading_place(node: Node) -> bool:
    """Whether a node may be a heading that tells what kind of section follows."""
    if node.kind in _ITEMS:
        return False
    head = partition(node.body)[0]
    return node.kind in SECTIONS or (len(head) < 160 and (node.bold or node.kind != "plain"))


_ITEMS = ("dash", "plus")


def is_lead(node: Node) -> bool:
    """«Chủ trì, phối hợp với các sở …:» above its bullets."""
    low = node.low.rstrip()
    if node.children and _only_partners(node.body):
        return True
    return low.endswith(
        (
            ":",
            "như sau",
            "sau đây",
            "trong đó",
            "bao gồm",
            "gồm",
            "như sau.",
            "sau:",
            "các nội dung sau",
            "nhiệm vụ sau.",
        )
    )


_DIRECTS = re.compile(r"[\s,:]*(?:chỉ đạo|giao|phân công|giao nhiệm vụ cho)\s+(?:cho\s+)?")
_DOES_AS_FOLLOWS = re.compile(
    r"\s+(?:chủ trì\s+)?(?:triển khai|thực hiện|tổ chức)[^,;.]{0,60}(?:sau|như sau|sau đây)\s*:\s*$"
)


def directed_by_lead(rest: str) -> tuple[str, ...]:
    """«(Sở A) chỉ đạo Chi cục B thực hiện các nội dung sau:»: those who are to do what follows."""
    low = fold(rest)
    directs = _DIRECTS.match(low)
    named = agencies_at(rest, directs.end()) if directs else None
    return named.names if named is not None and _DOES_AS_FOLLOWS.match(low, named.end) else ()


_ORDERS = re.compile(r"(?:chỉ đạo|yêu cầu|đề nghị)\s+(?=các\s|những\s)")


def ordered_by_lead(lead: str) -> tuple[str, ...]:
    """«Chỉ đạo các ngân hàng thương mại mở tài khoản, cụ thể:»: those who are to do what follows."""
    orders = _ORDERS.match(fold(lead))
    named = agencies_at(lead, orders.end()) if orders else None
    return named.names if named is not None else ()


_TIME_HEADING = re.compile(
    r"(?:giai đoạn|đợt|bước)\s+(?:thứ\s+)?(?:\d{1,2}|[ivx]{1,4}|một|hai|ba|nhất|nhì)\s*[(:,-]"
    r"(?=[^:]*(?:ngày|tháng|quý|/))[^:]{1,60}"
    r"|(?:trong\s+)?(?:tháng|qu[ýí]|6 tháng|năm|trước ngày|từ ngày)\s[^:]{1,60}"
    r"|[^:.]{0,60}(?:hoàn thành|thực hiện)\s+(?:trong|trước|đến)\s[^:]{1,40}"
)


def heading_time(node: Node, year: int | None) -> Time | None:
    """A heading that says when all under it is due: «Tháng 5/2026:», «Hoàn thành trong Quý I/2026»."""
    words = node.body.strip(" .:")
    if not node.children or len(words) > 100 or not _TIME_HEADING.fullmatch(fold(words)):
        return None
    return _of_heading(words, year)


def time_before_colon(head: str, year: int | None) -> Time | None:
    """«Tháng 11/2026: …», «Đợt 1 (từ ngày 01/3 đến ngày 15/3): …»: when what follows is due."""
    named = _TIME_HEADING.fullmatch(fold(head.strip(" .")))
    return time_alone(head, year) or (_of_heading(head, year) if named else None)


def _of_heading(words: str, year: int | None) -> Time | None:
    time = read_slot(words, finish=True, year=year)
    if not time.due.timed or not time.due.day:
        return None
    told = best_time(find_times(words, year))
    return replace(time, words=told.words) if told is not None and told.due == time.due else time


_TIME_ALONE = re.compile(
    r"(?:(?:thời gian|dự kiến|xong|hoàn thành|trình|ban hành|trong|trước|chậm nhất|vào|từ)[\s:]+)*"
    r"(?:ngày|tháng|qu[ýí]|\d{1,2}\s*[/-]\s*\d{1,4})\b[^.;]{0,50}"
)


def time_alone(words: str, year: int | None) -> Time | None:
    """Words at a task's end that are but a day, month or quarter: «(Quý I/2026)», «: tháng 4/2026»."""
    bare = words.strip(" .;,()")
    if not bare or not _TIME_ALONE.fullmatch(fold(bare)):
        return None
    time = read_slot(bare, finish=True, year=year)
    return time if time.due.timed and (time.due.day or time.due.at) else None


_TIME_OF = re.compile(r"(?:mốc )?(?:thời gian|thời hạn)\s+[^.;]+")


def gives_a_day(node: Node, year: int | None) -> bool:
    """«Thời gian kiểm tra, xếp hạng trước ngày 31/12»: a day for a task that is told elsewhere."""
    if node.children or not _TIME_OF.match(node.low):
        return False
    dues = [one.due for one in find_times(node.body, year)]
    return any(due.type in ("before", "by") and due.first is None for due in dues)


_LEAD_IN = re.compile(
    r"^(?:chủ trì\s*,?\s*)?(?:và\s+)?phối hợp(?:\s+chặt chẽ)?(?:\s+(?:với|cùng))?\s+"
)


def _only_partners(text: str) -> bool:
    """«Chủ trì, phối hợp với các sở, ngành» and no more: what is done stands in the bullets."""
    lead = _LEAD_IN.match(fold(text))
    return lead is not None and bool(agencies_in(text[lead.end() :]))


def heading_owners(node: Node) -> tuple[tuple[str, ...], str]:
    """The owners a heading names, and what stands after them in the same paragraph.

    «2. Sở Y tế:», «Trách nhiệm của UBND các xã:», «3. Sở Tài chính: Căn cứ khả năng …».
    """
    text = node.body
    head, colon, rest = partition(text)
    if fold(head).strip() in _BEFORE_COLON:
        head, colon, rest = text, "", ""
    if not node.children and colon and agencies_in(rest):
        return (), text  # «Hội giảng mừng ngày 20/11: các tổ chuyên môn»: who it is stands after
    prefix = words.OWNER_PREFIX.match(fold(head))
    name = without_gloss(head[prefix.end() :] if prefix else head)
    if not name or len(name) > 330 or bare_label(name) is not None:
        return (), text
    role = _role_of(without_gloss(head))
    if role and (node.children or rest.strip()):
        return (role,), rest
    owners = agencies_in(head[prefix.end() :] if prefix else head) or agencies_in(name)
    topic = _BARE_GROUP.match(fold(name)) or fold(name) in words.UNIT_HEADS
    if owners and topic and not _organises(node):
        return (), text
    if owners and (
        colon or not is_sentence(node) or not text.rstrip().endswith(".") or node.children
    ):
        return owners, rest
    if owners and not rest:
        return owners, ""
    first = (
        rest if colon else node.children[0].body if node.children and not is_sentence(node) else ""
    )
    if _CHARGED_GROUP.match(fold(name)) and begins_with_verb(first):
        return (name,), rest
    titled = (colon and len(name) < 100) or (node.children and not is_sentence(node))
    if titled and _may_be_name(name):
        return (name,), rest
    return (), text


_GIVES = re.compile(
    r"(?:giao|phân công|yêu cầu|đề nghị)\s+(?:nhiệm vụ\s+)?(?:cho\s+)?(?!các\s+cơ quan)"
)


def gives_to_another(node: Node) -> bool:
    """«2. Giao Sở Xây dựng …»: a part that names itself who owes it."""
    gives = _GIVES.match(node.low)
    return gives is not None and agencies_at(node.body, gives.end()) is not None


def _role_of(heading: str) -> str:
    """«Nội dung giám sát của chủ dự án thành phần»: whose all under it is, by the part played."""
    low = fold(heading)
    head = words.ROLE_HEADING.match(low)
    return heading[head.end() :] if head and words.ROLE.fullmatch(low, head.end()) else ""


_TOPIC = re.compile(
    r"chế độ|kinh phí|thông tin|báo cáo|kiểm tra|thời gian|tổ chức|công tác|nội dung|nhiệm vụ|giải pháp"
    r"|phân công|trách nhiệm|đối với|hình thức|khen|kết quả|tiến độ|lộ trình|phương thức|cách thức|về "
)


def maybe_agency(node: Node) -> str:
    """A heading among agencies' headings whose name is not known: the place says that it may be one."""
    head = partition(node.body)[0].strip(" .")
    if not node.children or node.parent is None or len(head.split()) > 12 or not head[:1].isupper():
        return ""
    if begins_with_verb(head) or _TOPIC.search(fold(head)) or is_sentence(node):
        return ""
    peers = [one for one in node.parent.children if one is not node and one.kind == node.kind]
    agencies = [one for one in peers if _names_agencies(one.body)]
    return head if len(agencies) > 1 and len(agencies) * 2 > len(peers) else ""


@lru_cache(maxsize=4_096)  # asked of every heading by each of its peers
def _names_agencies(body: str) -> bool:
    return bool(agencies_in(without_gloss(partition(body)[0])))


def partition(text: str) -> tuple[str, str, str]:
    """Before and after the first colon that stands outside brackets."""
    for found in re.finditer(":", text):
        if text.count("(", 0, found.start()) == text.count(")", 0, found.start()):
            return text[: found.start()], ":", text[found.end() :]
    return text, "", ""


_BARE_GROUP = re.compile(r"(?:doanh nghiệp|hợp tác xã|tổ chức|nhà trường|địa phương|chính quyền)\b")


def _organises(node: Node) -> bool:
    """Whether a node stands where tasks are given out; elsewhere «9. Doanh nghiệp số» is a topic."""
    return any(
        words.ORGANISING_HEADINGS.search(fold(without_gloss(above.body)))
        for above in node.ancestors()
    )


_BEFORE_COLON = frozenset(
    f"{ask}{who}".strip()
    for ask in ("", "đề nghị ", "giao ", "yêu cầu ")
    for who in ("", "các sở", "các bộ")
    if ask or who
)
_GROUP_HEAD = re.compile(
    r"^(?:các|những)\s+|^(?:đối tượng|cơ quan|đơn vị|chủ đầu tư|doanh nghiệp|nhà đầu tư|thành viên)\b"
)
_CLAUSE = re.compile(r"(?:chủ trì|phối hợp|có trách nhiệm|căn cứ|chủ động|trên cơ sở)(?!\w)")


_DOES = re.compile(
    r"\s+(?:báo cáo|gửi|nộp|lập|rà soát|đăng ký|chuẩn bị|cử"
    r"|tổng hợp|định kỳ|hằng|hàng|tiếp tục|nghiêm túc|phải|cần|tập trung|đẩy mạnh"
    r"|tăng cường)(?!\w)"
)


_CHARGED_GROUP = re.compile(
    r"các (?:cơ quan|đơn vị|sở|bộ|ban|phòng|địa phương)[^.;:]{0,40}? (?:chủ trì|được giao"
    r"|được phân công|phụ trách|quản lý|tham gia)\b[^.;]{0,110}$"
)
"""«Các cơ quan chủ trì theo dõi từng lĩnh vực:»: a group told by what it is charged with."""


def _may_be_name(name: str) -> bool:
    """A name in words of its own: «Các chủ đầu tư xây dựng hạ tầng khu công nghiệp»."""
    low = fold(name)
    named = agencies_at(name)
    if named is None or _CLAUSE.search(low) or _DOES.match(low, named.end):
        return False
    return bool(_GROUP_HEAD.match(low)) or not begins_with_verb(name[named.end :])
