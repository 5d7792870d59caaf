"""Headings as offices really write them, each variant against the node it must reach."""

from __future__ import annotations

import io
import random
import re
import unicodedata
from collections.abc import Callable

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from hypothesis import given
from hypothesis import strategies as st

from intake.report.formatting import W
from intake.report.outline import SHORT_FORMS, Outline, read_label, words
from intake.report.reader import ReportReading, read_report
from plan.definition.model import PlanDefinition
from plan.text import normalise, strip_accents
from tests.support.report_writing import enough, fill, saved, typed, wanted_of


def read(definition: PlanDefinition, text: str, agency: str = "vinh-thanh") -> ReportReading:
    return read_report(typed(text), "bao-cao.docx", definition, agency)


def texts(reading: ReportReading) -> dict[str, str]:
    return {one.node: one.text for one in reading.sections}


PART = "**Phần thứ nhất**\n**TÌNH HÌNH TRIỂN KHAI VÀ KẾT QUẢ THỰC HIỆN CHƯƠNG TRÌNH TỔNG THỂ**\n"
ABOVE = {
    "p1-i": PART,
    "p1-i-1": PART + "**I. TÌNH HÌNH TRIỂN KHAI**\n",
    "p1-i-4": PART + "**I. TÌNH HÌNH TRIỂN KHAI**\n",
    "p1-i-4-b": PART
    + "**I. TÌNH HÌNH TRIỂN KHAI**\n**4. Đánh giá chung về công tác triển khai**\n",
    "p1-ii-1": PART + "**II. ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN CÁC NỘI DUNG**\n",
    "p1-ii-1-2": PART
    + "**II. ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN CÁC NỘI DUNG**\n**1. Cải cách thể chế**\n",
    "p1-ii-2": PART + "**II. ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN CÁC NỘI DUNG**\n",
    "p1-ii-2-1-dd": PART
    + "**II. ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN CÁC NỘI DUNG**\n**2. Cải cách thủ tục hành chính**\n",
    "p1-ii-4-1-b-2": PART
    + "**II. ĐÁNH GIÁ KẾT QUẢ**\n**4. Xây dựng và nâng cao chất lượng đội ngũ cán bộ, công chức**\n"
    "**4.1. Kết quả chủ yếu đã đạt được**\n",
}

VARIANTS = [
    ("p1-i", "I. TÌNH HÌNH TRIỂN KHAI"),
    ("p1-i", "I - TÌNH HÌNH TRIỂN KHAI"),
    ("p1-i", "I/ Tình hình triển khai"),
    ("p1-i", "TÌNH HÌNH TRIỂN KHAI"),
    ("p1-i", "I. TINH HINH TRIEN KHAI"),
    ("p1-i", "## Tình hình triển khai"),
    ("p1-i-1", "1. Công tác chỉ đạo, điều hành"),
    ("p1-i-1", "1) Công tác chỉ đạo, điều hành"),
    ("p1-i-1", "1/ CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH:"),
    ("p1-i-1", "1. Cong tac chi dao dieu hanh"),
    ("p1-i-1", "**1. Công tác chỉ đạo, điều hành CCHC**"),
    ("p1-i-1", "I.1. Công tác chỉ đạo điều hành"),
    ("p1-i-1", "**Công tác chỉ đạo – điều hành**"),
    ("p1-i-4", "**4. Đánh giá chung**"),
    ("p1-i-4-b", "b) Tồn tại, hạn chế"),
    ("p1-i-4-b", "b. Tồn tại, hạn chế"),
    ("p1-i-4-b", "**Những tồn tại, hạn chế**"),
    ("p1-ii-1", "1. Cải cách thể chế"),
    ("p1-ii-1", "1. Về cải cách thể chế"),
    ("p1-ii-1", "**1. Công tác cải cách thể chế**"),
    ("p1-ii-1-2", "1.2. Những tồn tại, hạn chế và nguyên nhân."),
    ("p1-ii-1-2", "1.2 Tồn tại, hạn chế, nguyên nhân"),
    ("p1-ii-1-2", "II.1.2. Tồn tại, hạn chế"),
    ("p1-ii-1-2", "**Tồn tại, hạn chế và nguyên nhân**"),
    ("p1-ii-2", "2. Cải cách TTHC"),
    ("p1-ii-2", "**2.Cải cách thủ tục hành chính**"),
    ("p1-ii-2-1-dd", "đ) Về tình hình, kết quả cung cấp dịch vụ công trực tuyến mức độ 3, 4."),
    ("p1-ii-2-1-dd", "e) Tình hình, kết quả cung cấp dịch vụ công trực tuyến mức độ 3 và 4"),
    ("p1-ii-4-1-b-2", "- Chất lượng"),
    ("p1-ii-4-1-b-2", "• Chất lượng:"),
]


@pytest.mark.parametrize(("node", "heading"), VARIANTS, ids=[h for _, h in VARIANTS])
def test_heading_is_known(definition: PlanDefinition, node: str, heading: str) -> None:
    reading = read(definition, f"{ABOVE[node]}{heading}\nHuyện đã triển khai nghiêm túc.")
    assert texts(reading).get(node) == "Huyện đã triển khai nghiêm túc."
    assert [one for one in reading.findings if one.severity == "error"] == []


def test_a_dash_and_a_shortened_title_are_two_doubts_too_many(definition: PlanDefinition) -> None:
    line = "- Kết quả cung cấp dịch vụ công trực tuyến mức độ 3, 4"
    reading = read(definition, f"{ABOVE['p1-ii-2-1-dd']}{line}")
    assert texts(reading) == {"p1-ii-2": line}


@pytest.mark.parametrize(
    ("line", "node", "text"),
    [
        ("- Chất lượng: 85% đạt chuẩn.", "p1-ii-4-1-b-2", "85% đạt chuẩn."),
        ("**- Chất lượng** 85% đạt chuẩn.", "p1-ii-4-1-b-2", "85% đạt chuẩn."),
        ("**4.2. Những tồn tại, hạn chế.** Còn chậm.", "p1-ii-4-2", "Còn chậm."),
        ("4.2. Những tồn tại, hạn chế và nguyên nhân: Còn chậm.", "p1-ii-4-2", "Còn chậm."),
    ],
)
def test_heading_and_text_on_one_line(
    definition: PlanDefinition, line: str, node: str, text: str
) -> None:
    assert texts(read(definition, ABOVE["p1-ii-4-1-b-2"] + line)) == {node: text}


MESSY = """**PHẦN I**
**TÌNH HÌNH TRIỂN KHAI VÀ KẾT QUẢ THỰC HIỆN CHƯƠNG TRÌNH TỔNG THỂ CCHC GIAI ĐOẠN 2011-2020**
**I. TINH HINH TRIEN KHAI**
**1. Công tác chỉ đạo, điều hành CCHC**
chỉ đạo
**3. Thông tin tuyên truyền:** tuyên truyền
II – ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN CÁC NỘI DUNG THEO CHƯƠNG TRÌNH TỔNG THỂ
**1/ Cải cách thể chế**
**1.1 Kết quả đạt được**
kết quả một
**1.2 Tồn tại, nguyên nhân**
tồn tại một
**4. Xây dựng, nâng cao chất lượng đội ngũ CBCCVC**
**4.1. Kết quả chủ yếu**
kết quả bốn
**4.2. Tồn tại, hạn chế**
tồn tại bốn
**3. Cải cách tổ chức bộ máy**
**3.1. Kết quả chủ yếu**
kết quả ba
**3.2. Tồn tại, hạn chế**
tồn tại ba
**III. ĐÁNH GIÁ CHUNG**
**2. Tồn tại hạn chế**
tồn tại chung
**IV. TỔ CHỨC THỰC HIỆN**
việc riêng
PHẦN THỨ HAI: ĐỀ XUẤT NHIỆM VỤ GIAI ĐOẠN 2021-2030
**1. Thể chế**
đề xuất một
Phần thứ ba
KIẾN NGHỊ, ĐỀ XUẤT
3. Những kiến nghị, đề xuất khác.
đề nghị khác
Trên đây là báo cáo của huyện./.
Nơi nhận:
- Như trên."""


def test_a_whole_report_in_disorder(definition: PlanDefinition) -> None:
    """Sections swapped (4 before 3), one of the writer's own, parts headed in three ways."""
    assert texts(read(definition, MESSY)) == {
        "p1": "IV. TỔ CHỨC THỰC HIỆN\nviệc riêng",
        "p1-i-1": "chỉ đạo",
        "p1-i-3": "tuyên truyền",
        "p1-ii-1-1": "kết quả một",
        "p1-ii-1-2": "tồn tại một",
        "p1-ii-3-1": "kết quả ba",
        "p1-ii-3-2": "tồn tại ba",
        "p1-ii-4-1": "kết quả bốn",
        "p1-ii-4-2": "tồn tại bốn",
        "p1-iii-2": "tồn tại chung",
        "p2-1": "đề xuất một",
        "p3-3": "đề nghị khác",
    }


PAIR = "**KẾT QUẢ CHỦ YẾU ĐÃ ĐẠT ĐƯỢC**\ntốt\n**NHỮNG TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN**\nchậm"


def test_a_title_six_sections_bear_is_not_guessed(definition: PlanDefinition) -> None:
    reading = read(definition, PAIR)
    assert reading.sections == ()
    assert [one.code for one in reading.findings] == ["report.heading-unsure"] * 2
    assert "II.1.1" in reading.findings[0].message


def test_but_who_writes_settles_it(definition: PlanDefinition) -> None:
    assert texts(read(definition, PAIR, "stp")) == {"p1-ii-1-1": "tốt", "p1-ii-1-2": "chậm"}


def test_and_so_does_a_full_set(definition: PlanDefinition) -> None:
    """Six pairs between II and III, without a number: order decides, nothing is left over."""
    pairs = "\n".join(
        f"**Kết quả chủ yếu đã đạt được**\nkq{n}\n**Tồn tại, hạn chế và nguyên nhân**\ntt{n}"
        for n in range(1, 7)
    )
    reading = read(
        definition,
        f"{ABOVE['p1-ii-1']}{pairs}\n**III. ĐÁNH GIÁ CHUNG**\n**1. Những kết quả tích cực**\nchung",
    )
    found = texts(reading)
    assert [found.get(f"p1-ii-{n}-1") for n in range(1, 7)] == [f"kq{n}" for n in range(1, 7)]
    assert [found.get(f"p1-ii-{n}-2") for n in range(1, 7)] == [f"tt{n}" for n in range(1, 7)]


def test_left_over_guidance_without_its_style_is_no_text(definition: PlanDefinition) -> None:
    guidance = (
        "Chỉ rõ những mục tiêu, nội dung cải cách không đạt được hoặc đạt được ở mức độ thấp."
    )
    reading = read(
        definition,
        f"{PART}**III. ĐÁNH GIÁ CHUNG VỀ CẢI CÁCH HÀNH CHÍNH**\n"
        f"**2. Những tồn tại, hạn chế, nguyên nhân**\n{guidance}\n……………\n[…]",
    )
    assert "p1-iii-2" in reading.found
    assert reading.sections == ()


def test_signature_is_no_text_of_the_last_section(definition: PlanDefinition) -> None:
    reading = read(
        definition,
        "**Phần thứ ba**\n**3. Những kiến nghị, đề xuất khác**\n"
        "Trên đây là báo cáo./.\nNơi nhận:\n- Lưu: VT.\nCHỦ TỊCH",
    )
    assert "p3-3" in reading.found
    assert reading.sections == ()


def test_tables_are_text_and_handed_on(definition: PlanDefinition) -> None:
    data, _ = fill(definition, "stp", "thematic-report", lambda node: "")
    document = docx.Document(io.BytesIO(data))
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells],
        ["Chỉ tiêu", "2019", "Văn bản", "1.234"],
        strict=True,
    ):
        cell.text = text
    heading = next(p for p in document.paragraphs if p.text.startswith("1.2."))
    heading._p.addnext(table._tbl)
    reading = read_report(saved(document), "x.docx", definition, "stp")
    assert texts(reading) == {"p1-ii-1-2": "Chỉ tiêu | 2019\nVăn bản | 1.234"}
    assert (("Chỉ tiêu", "2019"), ("Văn bản", "1.234")) in reading.tables


def test_contents_are_no_headings(definition: PlanDefinition) -> None:
    data, typed_in = fill(definition, "stp", "thematic-report")
    document = docx.Document(io.BytesIO(data))
    document.styles.add_style("toc 3", WD_STYLE_TYPE.PARAGRAPH)
    first = document.paragraphs[0]
    for text in ("1. Cải cách thể chế\t2", "1.2. Những tồn tại, hạn chế và nguyên nhân.\t5"):
        first.insert_paragraph_before(text, style="toc 3")
    assert texts(read_report(saved(document), "x.docx", definition, "stp")) == typed_in


# --- properties ------------------------------------------------------------------------------------


def _case(text: str, how: int) -> str:
    return [text, text.upper(), strip_accents(text), text.rstrip("."), text.replace("-", "–")][
        how % 5
    ]


@pytest.mark.parametrize("seed", range(12))
def test_any_mixture_of_spellings_is_read_alike(definition: PlanDefinition, seed: int) -> None:
    """Every heading in a spelling of its own (capitals, no accents, no number, other dashes, bold or a
    style): the same text under the same nodes."""
    chance = random.Random(seed)
    outline = Outline(definition.outline)
    lines, typed_in = [], {}
    for node in wanted_of(definition, "an-lao", "district-report"):
        target = outline.targets[node]
        title = _case(target.node.title.replace("tỉnh/huyện", "huyện"), chance.randrange(5))
        number = target.node.number if target.rank != 3 or chance.random() < 0.8 else ""
        if target.rank == 4:
            number = target.node.number.rstrip(".") + chance.choice([".", "", ")"])
        text = f"{number} {title}".strip()
        lines.append(f"**{text}**" if chance.random() < 0.7 or target.rank < 6 else text)
        typed_in[node] = enough(node).strip()
        lines.append(typed_in[node])
    reading = read_report(typed(lines), "x.docx", definition, "an-lao")
    assert texts(reading) == typed_in


@pytest.mark.parametrize(
    ("text", "rank", "value", "rest"),
    [
        ("Phần thứ nhất", 1, (1,), ""),
        ("PHẦN II: ĐỀ XUẤT", 1, (2,), "ĐỀ XUẤT"),
        ("Phần 3. Kiến nghị", 1, (3,), "Kiến nghị"),
        ("III. ĐÁNH GIÁ", 2, (3,), "ĐÁNH GIÁ"),
        ("II - X", 2, (2,), "X"),
        ("1. X", 3, (1,), "X"),
        ("1) X", 3, (1,), "X"),
        ("II.1 X", 3, (1,), "X"),
        ("1.2. X", 4, (1, 2), "X"),
        ("II.1.2. X", 4, (1, 2), "X"),
        ("a) X", 5, ("a",), "X"),
        ("Đ. X", 5, ("đ",), "X"),
        ("- X", 6, (), "X"),
        ("+ X", 7, (), "X"),
    ],
)
def test_labels(text: str, rank: int, value: tuple[object, ...], rest: str) -> None:
    label, left = read_label(text)
    assert label is not None
    assert (label.rank, label.value, left) == (rank, value, rest)


@pytest.mark.parametrize(
    "text",
    ["12.345 hồ sơ", "2019 là năm đầu", "Việc bố trí", "V/v đôn đốc", "Vì vậy", "năm 2020", ""],
)
def test_no_labels(text: str) -> None:
    assert read_label(text) == (None, text)


def test_words_write_short_forms_out() -> None:
    assert words("2. Cải cách TTHC – UBND") == "2 cai cach thu tuc hanh chinh uy ban nhan dan"


VIETNAMESE = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
)
OTHERS = "0123456789 .,;:()-–—/«»…\u00a0\u00ad\u200b\ufeff"


@given(
    st.text(VIETNAMESE + VIETNAMESE.upper() + OTHERS, max_size=60), st.sampled_from(["NFC", "NFD"])
)
def test_words_fold_as_the_house_does(text: str, form: str) -> None:
    """Composed or decomposed, with or without what Word leaves behind unseen."""
    plain = re.findall("[0-9a-z]+", normalise(text))
    expected = [word for short in plain for word in SHORT_FORMS.get(short, short).split()]
    assert words(unicodedata.normalize(form, text)).split() == expected


TONES = "\u0300\u0301\u0303\u0309\u0323"


def composite(text: str) -> str:
    """«Unicode tổ hợp»: the letter with its hat, the tone behind it."""
    apart = unicodedata.normalize("NFD", text)
    parts = re.split(f"([{TONES}])", apart)
    return "".join(
        part if part in TONES and part else unicodedata.normalize("NFC", part) for part in parts
    )


@pytest.mark.parametrize(
    "written", [composite, lambda text: unicodedata.normalize("NFD", text)], ids=["tổ hợp", "NFD"]
)
def test_a_report_in_decomposed_letters_is_the_same_report(
    definition: PlanDefinition, written: Callable[[str], str]
) -> None:
    """Two headings of the outline are longer than any heading may be, counted letter by letter apart."""
    filled, _ = fill(definition, "hoai-an", "district-report")
    document = docx.Document(io.BytesIO(filled))
    for text in document.element.body.iter(f"{W}t"):
        text.text = written(text.text or "")
    assert unicodedata.normalize("NFC", document.paragraphs[5].text) != document.paragraphs[5].text
    as_typed = read_report(filled, "bc.docx", definition, "hoai-an")
    apart = read_report(saved(document), "bc.docx", definition, "hoai-an")
    assert apart == as_typed
