"""Invented reports: the blank one with a few sentences under every heading, the guidance taken out. Pure.

Sentences come from the plan's own world (`intake.samples.world`), with figures that agree with the
appendices; a plan without one gets sentences that would fit anywhere.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from docx import Document
from docx.text.paragraph import Paragraph

from documents.blocks import DocumentFacts, save
from documents.styles import GUIDANCE_STYLE
from intake.samples.world import Topic, World
from plan.text import normalise, number_words

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
MOST_SENTENCES = 2
"""Of a topic, under a heading."""


@dataclass(frozen=True)
class Writer:
    """Who fills a report in, and out of what world."""

    who: str
    agency: str = ""
    world: World = field(default_factory=World)
    figures: Mapping[tuple[str, str], float | str] = field(default_factory=dict)
    """The province's, as the appendices say them."""

    @property
    def size(self) -> int:
        """Communes of a district; 0 for an agency of the province."""
        return self.world.sizes.get(self.agency, 0)

    @property
    def share(self) -> float:
        """Of the province, by communes."""
        return self.size / max(1, sum(self.world.sizes.values()))


def filled_report(
    blank: bytes, writer: Writer, *, seed: int, written_at: datetime, skip: str = ""
) -> bytes:
    """The blank document filled in; a heading that contains `skip` is left empty.

    `written_at`: the instant the file bears. The same arguments give the same bytes.
    """
    document = Document(io.BytesIO(blank))
    rng = Random(f"{writer.who}/{seed}")
    for guidance in [p for p in document.paragraphs if _is_guidance(p)]:
        guidance.text = ""
        guidance.style = "Normal"
    paragraphs = document.paragraphs
    places = [index for index, paragraph in enumerate(paragraphs) if _level(paragraph)]
    for place, next_place in zip(places, [*places[1:], None], strict=True):
        heading = paragraphs[place]
        is_leaf = next_place is None or _level(paragraphs[next_place]) <= _level(heading)
        if is_leaf and not (skip and normalise(skip) in normalise(heading.text)):
            text = sentences(heading.text, writer, rng)
            for line in text.split("\n"):
                paragraphs[place + 1].insert_paragraph_before(line)
    core = document.core_properties
    return save(document, DocumentFacts(core.title, core.author or writer.who, written_at))


def _is_guidance(paragraph: Paragraph) -> bool:
    return paragraph.style is not None and paragraph.style.name == GUIDANCE_STYLE


def _level(paragraph: Paragraph) -> int:
    name = paragraph.style.name if paragraph.style is not None else ""
    return int(name[-1]) if name and name.startswith("Heading ") else 0


def sentences(heading: str, writer: Writer, rng: Random) -> str:
    """What `writer` has to say under a heading; of proposals, one a line."""
    plain = normalise(heading)
    topic = _topic_of(plain, writer.world)
    if topic is None:
        return _anywhere(plain, writer.who, rng)
    own = topic.own if topic.own and not writer.size else topic.local
    chosen = rng.sample(own, min(len(own), rng.randint(1, MOST_SENTENCES)))
    if topic.points:  # two wordings of one proposal end alike
        chosen = list({one[-5:]: one for one in chosen}.values())
    written = [_filled_in(one, writer, rng) for one in chosen]
    return ("\n" if topic.points else " ").join(written)


def _topic_of(plain: str, world: World) -> Topic | None:
    words = " ".join(re.sub(r"[^0-9a-z ]+", " ", plain).split())
    return next(
        (topic for topic in world.topics if any(about in words for about in topic.about)), None
    )


def _anywhere(plain: str, who: str, rng: Random) -> str:
    if "ton tai" in plain or "han che" in plain:
        return rng.choice(SHORTCOMINGS)
    if "kien nghi" in plain or "de xuat" in plain or plain[3:].startswith("ve "):
        return " ".join(rng.sample(PROPOSALS, 2))
    return rng.choice(OPENINGS).format(who=who) + rng.choice(MIDDLES)


# --- a sentence's gaps, as `sentences.yaml` of plan 04 describes them ---------------------------

_FIGURE = re.compile(r"\[([A-Z0-9.a-zI#]+)@(\d{4})(/?)\]")
_GAP = re.compile(r"\{([^}]+)\}")


def _filled_in(sentence: str, writer: Writer, rng: Random) -> str:
    def figure(found: re.Match[str]) -> str:
        value = writer.figures.get((found[1], found[2]), 0.0)
        if isinstance(value, str):
            return value
        return number_words(max(1, round(value * writer.share)) if found[3] else round(value, 1))

    def gap(found: re.Match[str]) -> str:
        kind = next((make for mark, make in _GAPS.items() if found[1].startswith(mark)), _between)
        return kind(found[1], writer, rng)

    return _GAP.sub(gap, _FIGURE.sub(figure, sentence))


def _between(gap: str, _writer: Writer, rng: Random) -> str:
    low, _, high = gap.partition("-")
    number = rng.randint(int(low), int(high))
    return f"{number:02d}" if number < 10 else number_words(number)


def _percent(gap: str, _writer: Writer, rng: Random) -> str:
    low, _, high = gap[1:].partition("-")
    return number_words(round(rng.uniform(float(low), float(high)), 1))


def _a_commune(gap: str, writer: Writer, rng: Random) -> str:
    number = max(1, round(writer.size * float(gap[1:]) * rng.uniform(0.92, 1.08)))
    return f"{number:02d}" if number < 10 else number_words(number)


_GAPS: dict[str, Callable[[str, Writer, Random], str]] = {
    "%": _percent,
    "*": _a_commune,
    "who": lambda _gap, writer, _rng: writer.who,
    "noi": lambda _gap, writer, _rng: re.sub("^(UBND|Ủy ban nhân dân) ", "", writer.who),
    "xa": lambda _gap, writer, _rng: f"{writer.size:02d}",
}
