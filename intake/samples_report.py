"""An invented report: the blank one with a few sentences under every heading, the guidance taken out."""

from __future__ import annotations

import io
from datetime import datetime
from random import Random

from docx import Document
from docx.text.paragraph import Paragraph

from documents.blocks import DocumentFacts, save
from documents.styles import GUIDANCE_STYLE
from plan.text import normalise

OPENINGS = (
    "Trong giai đoạn 2011 - 2020, {who} đã tập trung chỉ đạo nội dung này",
    "{who} đã ban hành đầy đủ kế hoạch hằng năm và phân công rõ trách nhiệm",
    "Công tác này được {who} xác định là nhiệm vụ trọng tâm, gắn với kế hoạch công tác hằng năm",
    "Thực hiện chỉ đạo của tỉnh, {who} đã quán triệt đến toàn thể cán bộ, công chức, viên chức",
)
MIDDLES = (
    "; việc tổ chức thực hiện bảo đảm tiến độ, chất lượng từng bước được nâng lên.",
    "; kết quả được kiểm tra định kỳ và công khai theo quy định.",
    "; nhờ đó thời gian giải quyết công việc cho người dân, doanh nghiệp được rút ngắn.",
)
SHORTCOMINGS = (
    "Một số nơi triển khai còn chậm do thiếu nhân lực và kinh phí.",
    "Nhận thức của một bộ phận công chức chưa đầy đủ; việc kiểm tra, đôn đốc chưa thường xuyên.",
    "Hạ tầng công nghệ thông tin chưa đồng bộ giữa các đơn vị.",
)
PROPOSALS = (
    "Tiếp tục rà soát, đơn giản hóa quy trình giải quyết công việc cho người dân.",
    "Bố trí kinh phí ổn định cho ứng dụng công nghệ thông tin ở cơ sở.",
    "Đào tạo, bồi dưỡng kỹ năng số cho công chức trực tiếp tiếp dân.",
    "Phân cấp mạnh hơn đi đôi với kiểm tra, giám sát.",
)


def filled_report(
    blank: bytes, *, who: str, seed: int, written_at: datetime, skip: str = ""
) -> bytes:
    """The blank document filled in by `who`; a heading that contains `skip` is left empty.

    `written_at`: the instant the file bears. The same arguments give the same bytes.
    """
    document = Document(io.BytesIO(blank))
    rng = Random(f"{who}/{seed}")
    for guidance in [p for p in document.paragraphs if _is_guidance(p)]:
        guidance.text = ""
        guidance.style = "Normal"
    paragraphs = document.paragraphs
    places = [index for index, paragraph in enumerate(paragraphs) if _level(paragraph)]
    for place, next_place in zip(places, [*places[1:], None], strict=True):
        heading = paragraphs[place]
        is_leaf = next_place is None or _level(paragraphs[next_place]) <= _level(heading)
        if is_leaf and not (skip and normalise(skip) in normalise(heading.text)):
            paragraphs[place + 1].insert_paragraph_before(_sentences(heading.text, who, rng))
    core = document.core_properties
    return save(document, DocumentFacts(core.title, core.author or who, written_at))


def _is_guidance(paragraph: Paragraph) -> bool:
    return paragraph.style is not None and paragraph.style.name == GUIDANCE_STYLE


def _level(paragraph: Paragraph) -> int:
    name = paragraph.style.name if paragraph.style is not None else ""
    return int(name[-1]) if name and name.startswith("Heading ") else 0


def _sentences(heading: str, who: str, rng: Random) -> str:
    plain = normalise(heading)
    if "ton tai" in plain or "han che" in plain:
        return rng.choice(SHORTCOMINGS)
    if "kien nghi" in plain or "de xuat" in plain or plain[3:].startswith("ve "):
        return " ".join(rng.sample(PROPOSALS, 2))
    return rng.choice(OPENINGS).format(who=who) + rng.choice(MIDDLES)
