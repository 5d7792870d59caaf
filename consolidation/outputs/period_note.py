"""The note on one period's figures: half a page for whoever reads no table.

How many handed in, what the figures came to against the year before and the year so far, who stands out, who
is late, what wants a look. Every sentence is a template's with figures of the workbook beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from consolidation.figures.columns import change_words
from consolidation.figures.merge import Merged
from consolidation.figures.periods import SO_FAR, Columns, columns_of
from consolidation.figures.rows import IndicatorRow
from consolidation.outputs.compilation import BuiltDocument, document_facts
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import Prose
from consolidation.outputs.report.figures import numeric, value_words
from consolidation.outputs.signing import coordinator_on, head, sign
from documents import blocks
from plan.dates import year_before
from plan.definition.appendices import Aggregate, PeriodKind, ValueType
from plan.definition.periodic import output_parts
from plan.text import join_names, number_words, period_words

MOST_FIGURES, MOST_NAMES, MOST_LEADING = 6, 8, 3


def build_period_note(material: Material) -> BuiltDocument:
    """The .docx, one page, in the decree's form."""
    definition = material.definition
    issuer = coordinator_on(definition, material.inputs.names_on)
    prose = Prose(blocks.new_document())
    title = material.inputs.output.title
    head(prose.document, issuer, material.inputs.written_on.year, title)
    prose.line(_coverage(material))
    columns = columns_of(definition, material.inputs.output)
    for number, row in enumerate(_told(material), start=1):
        prose.line(f"{number}. {_sentence(material, columns, row)}")
    for words in _remarks(material, columns):
        prose.line(words)
    sign(prose.document, definition, issuer)
    data = blocks.save(prose.document, document_facts(material, title))
    return BuiltDocument(data, tuple(prose.meant))


def _coverage(material: Material) -> str:
    """«133/135 cơ quan đã gửi đủ số liệu tháng 3/2027; chưa gửi đủ: An Lão và Vân Canh. Số liệu của 2 cơ quan
    đang chờ duyệt, chưa cộng vào bảng.»"""
    inputs = material.inputs
    asked = {item.agency for item in inputs.items if not item.waived}
    names = {item.agency: item.agency_short for item in inputs.owing}
    period = period_words(output_parts(inputs.output.id)[1])
    have = f"{number_words(len(asked) - len(names))}/{number_words(len(asked))}"
    shown = join_names(list(names.values()), MOST_NAMES, "cơ quan")
    lacking = f"; chưa gửi đủ: {shown}" if names else ""
    return f"{have} cơ quan đã gửi đủ số liệu {period}{lacking}.{_waiting(material)}"


def _waiting(material: Material) -> str:
    count = len({item.agency for item in material.inputs.waiting})
    words = f" Số liệu của {number_words(count)} cơ quan đang chờ duyệt, chưa cộng vào bảng."
    return words if count else ""


def _told(material: Material) -> list[IndicatorRow]:
    """The plan's key figures, or else the first ones."""
    rows = numeric(list(material.figures.book.rows.values()))
    return ([row for row in rows if row.indicator.key_indicator] or rows)[:MOST_FIGURES]


def _sentence(material: Material, columns: Columns, row: IndicatorRow) -> str:
    """«Số hồ sơ: 8.130 hồ sơ, tăng 3,2% so với tháng 3/2026 (7.878); lũy kế từ tháng 1/2027: 23.904.»"""
    at = {one.key: material.figures.at(row.name, one.key) for one in columns.periods}
    period = output_parts(material.inputs.output.id)[1]
    now = at.get(period)
    if now is None or not isinstance(now.value, int | float):
        return f"{row.short_label}: chưa có số liệu."
    unit = row.indicator.unit if row.indicator.type is not ValueType.percent else ""
    words = f"{row.short_label}: {value_words(row, now.value)} {unit}".rstrip()
    before = at.get(year_before(period), Merged(None, ""))
    if change := change_words(now, before, share=row.indicator.type is ValueType.percent):
        then = f"{period_words(year_before(period))} ({value_words(row, before.value)})"
        words += f", {change} so với {then}"
    so_far = next((one.period for one in columns.made if one.period.key == SO_FAR), None)
    if so_far and row.indicator.period_kind is PeriodKind.flow and at[SO_FAR].value is not None:
        label = f"{so_far.label[:1].lower()}{so_far.label[1:]}"
        words += f"; {label}: {value_words(row, at[SO_FAR].value)}"
    return f"{words}."


def _remarks(material: Material, columns: Columns) -> Iterator[str]:
    if leading := _leading(material, columns):
        yield leading
    items = material.inputs.items
    late = [i for i in items if i.due_at and i.decisive_at and i.decisive_at > i.due_at]
    names = tuple(dict.fromkeys(item.agency_short for item in late))
    yield f"Gửi trễ hạn: {join_names(names, MOST_NAMES, 'cơ quan') or 'không có'}."
    wrong = [one for one in material.findings if one.severity != "note"]
    if wrong:
        yield (
            f"Còn {number_words(len(wrong))} chỗ số liệu phải rà lại, nêu ở trang «Phát hiện» của bảng "
            "kèm theo."
        )


def _leading(material: Material, columns: Columns) -> str:
    """Who has most of the first figure that is added up: «Nhiều nhất về … là: A (345), B (300).»"""
    added = [row for row in _told(material) if _adds_up(row)]
    if not added:
        return ""
    row = added[0]
    sums: dict[str, float] = {}
    for period in columns.own:
        for one in material.figures.at(row.name, period.key).contributions:
            sums[one.agency] = sums.get(one.agency, 0) + (one.number or 0)
    order = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    if len(order) <= MOST_LEADING:
        return ""
    named = [
        f"{material.short(agency)} ({value_words(row, number)})"
        for agency, number in order[:MOST_LEADING]
    ]
    label = row.short_label
    return f"Cao nhất về «{label[:1].lower()}{label[1:]}»: {join_names(named)}."


def _adds_up(row: IndicatorRow) -> bool:
    one = row.indicator
    return one.aggregate is Aggregate.sum and one.period_kind is PeriodKind.flow and not row.owner
