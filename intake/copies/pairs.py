"""A PDF and what came beside it: the source of its text, the workbook of its figures. Pure.

The source counts, for it was never torn into lines; where the signed copy says otherwise, both are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from intake.files.findings import fault
from intake.parts import PartBuilder, PartDraft
from intake.recognise import Recognised
from intake.report.outline import Outline
from plan.ledger.filing import FoundFault
from plan.text import nfc

_WORD = re.compile(r"\w+")
_QUOTED = 12
"""Words quoted of a place that differs."""
_MOST_NAMED = 5


def is_pdf(one: Recognised) -> bool:
    """Whether it is a report read from a PDF file."""
    return one.report is not None and one.report.kind == "pdf"


def compared(outline: Outline, source: PartDraft, pdf: Recognised) -> list[FoundFault]:
    """What the texts of a PDF and of its source say otherwise; a note where they say the same."""
    name = next((one.filename for one in source.files if not is_pdf(one)), "")
    if pdf.report is None or not pdf.report.found:
        return []  # an attachment, not a copy
    theirs = {one.node: one.text for one in pdf.report.sections}
    ours = {one.node: one.text for one in source.sections}
    # The PDF may hold other products' parts as well.
    differing = list(_differing(outline, ours, theirs))
    if not differing:
        return [fault("pair.same", file=pdf.filename, read=pdf.filename, what=name)]
    more = f"; và {len(differing) - _MOST_NAMED} mục khác" if len(differing) > _MOST_NAMED else ""
    what = f"{name} ở {len(differing)} mục: {'; '.join(differing[:_MOST_NAMED])}{more}"
    return [fault("pair.differs", file=pdf.filename, read=pdf.filename, what=what)]


def _differing(outline: Outline, ours: dict[str, str], theirs: dict[str, str]) -> Iterator[str]:
    for node, text in ours.items():
        first, second = _words(text), _words(theirs.get(node, ""))
        if first == second:
            continue
        if not second:
            yield f"{outline.path(node)} (bản PDF không có)"
            continue
        before, after = _apart(first, second)
        yield f"{outline.path(node)} (bản PDF ghi «{after}», bản gốc ghi «{before}»)"


def _words(text: str) -> list[str]:
    return _WORD.findall(nfc(text))


def _apart(first: Sequence[str], second: Sequence[str]) -> tuple[str, str]:
    """Both from the word before the first that differs to the last that does, cut short."""
    shortest = min(len(first), len(second))
    start = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    same = 0
    while same < shortest - start and first[-1 - same] == second[-1 - same]:
        same += 1
    return _quoted(first, start, same), _quoted(second, start, same)


def _quoted(words: Sequence[str], start: int, same: int) -> str:
    piece = words[max(start - 1, 0) : len(words) - same]
    return " ".join(piece[:_QUOTED]) + ("…" if len(piece) > _QUOTED else "")


def ask_to_look(build: PartBuilder, pdf: Recognised, deliverables: Iterable[str]) -> None:
    """Figures taken from a PDF, with no workbook to vouch for them: a person is asked to look."""
    for deliverable in deliverables:
        draft = build.drafts[deliverable]
        figures = [one for one in draft.values if one.file == pdf.filename]
        if figures:
            sheets = dict.fromkeys(one.sheet for one in figures)
            pages = ", ".join(sheet.removesuffix(" (PDF)") for sheet in sheets)
            words = fault("pdf.figures", file=pdf.filename, read=str(len(figures)), what=pages)
            draft.findings.append(words)


def stand_beside(build: PartBuilder, pdf: Recognised, deliverables: Iterable[str]) -> None:
    """A signed copy of a workbook that came along is kept with it; its figures are the workbook's to give."""
    for deliverable in deliverables:
        build.add(deliverable, pdf)
