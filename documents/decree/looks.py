"""How a paragraph of a Word file looks once its styles are followed: fonts, sizes, place, spacing. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from documents.styles import FONT, GUIDANCE_STYLE

CENTRE, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_INSIDE = {qn(name) for name in ("w:tbl", "w:tr", "w:tc", "w:sdt", "w:sdtContent")}
"""Elements that hold paragraphs: tables in tables too, and Word's content controls."""


@dataclass(frozen=True)
class ParagraphLook:
    """One paragraph of the document, those in tables included, in the file's order."""

    text: str
    style: str
    in_table: bool
    sizes: frozenset[float]
    """Points, of all that is written."""
    bold: bool
    italic: bool
    align: Any
    indent: float | None
    """First line, in millimetres."""
    after: float | None
    before: float | None
    """Points."""
    line: float | None
    """Of a single line; None for an exact height."""
    fonts: frozenset[str]
    colours: frozenset[str]
    kept_with_next: bool

    @property
    def is_body(self) -> bool:
        """A paragraph of the text, long enough to be one."""
        return not self.in_table and self.style == "Normal" and len(self.text) > 60


def looks_of(document: Document) -> list[ParagraphLook]:
    """Every paragraph that bears text; words for the writer (`GUIDANCE_STYLE`) are no part of that."""
    defaults, themes = _defaults(document), _theme_fonts(document)
    found = []
    for element, in_table in _paragraphs(document.element.body, in_table=False):
        paragraph = Paragraph(element, document)
        style = paragraph.style.name if paragraph.style is not None else "Normal"
        if paragraph.text.strip() and style != GUIDANCE_STYLE:
            styles = (*_styles(paragraph.style), defaults)
            found.append(_look(paragraph, style or "Normal", in_table, styles, themes))
    return found


def _paragraphs(element: Any, *, in_table: bool) -> Iterator[tuple[Any, bool]]:
    for child in element.iterchildren():
        if child.tag == qn("w:p"):
            yield child, in_table
        elif child.tag in _INSIDE:
            yield from _paragraphs(child, in_table=in_table or child.tag == qn("w:tbl"))


def _look(
    paragraph: Paragraph, name: str, in_table: bool, styles: _Styles, themes: Mapping[str, str]
) -> ParagraphLook:
    runs = [run for run in paragraph.runs if run.text.strip()]
    fonts = [(run.font, *(one.font for one in styles)) for run in runs]
    forms = (paragraph.paragraph_format, *(one.paragraph_format for one in styles))
    line = _first(forms, "line_spacing")
    sizes = (_first(chain, "size") for chain in fonts)
    return ParagraphLook(
        text=unicodedata.normalize("NFC", " ".join(paragraph.text.split())),
        style=name,
        in_table=in_table,
        sizes=frozenset(_PLAIN_SIZE if one is None else one.pt for one in sizes),
        bold=bool(fonts) and all(_first(chain, "bold") for chain in fonts),
        italic=bool(fonts) and all(_first(chain, "italic") for chain in fonts),
        align=_first(forms, "alignment"),
        indent=_millimetres(_first(forms, "first_line_indent")),
        after=_points(_first(forms, "space_after")),
        before=_points(_first(forms, "space_before")),
        line=line if isinstance(line, float) else None,
        fonts=frozenset(_named(chain, themes) for chain in fonts),
        colours=frozenset(one for one in map(_coloured, fonts) if one),
        kept_with_next=bool(paragraph.paragraph_format.keep_with_next),
    )


def _first(chain: Iterable[Any], name: str) -> Any:
    """What is said nearest: by the run or paragraph itself, its style, that style's base, the document."""
    return next((value for one in chain if (value := getattr(one, name)) is not None), None)


def _named(chain: Iterable[Any], themes: Mapping[str, str]) -> str:
    """The font; one named by the theme («minorHAnsi») is looked up there."""
    for font in chain:
        said = font._element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        if said is None:
            continue
        theme = said.get(qn("w:asciiTheme")) or ""
        if name := themes.get(theme[:5]) or said.get(qn("w:ascii")):
            return str(name)
    return FONT


def _coloured(chain: Iterable[Any]) -> str:
    """«C00000»; empty for black by default. Headings as Word makes them are blue by their style alone."""
    rgb = next((font.color.rgb for font in chain if font.color.rgb is not None), None)
    return "" if rgb is None else str(rgb)


# --- what a paragraph takes over --------------------------------------------------------------

_Styles = Sequence[Any]
"""A paragraph's style, those it is based on, what the document begins with."""
_PLAIN_SIZE = 10.0
"""Points, where a file says nothing at all (ECMA-376, 17.3.2.38)."""


def _styles(style: Any) -> Iterator[Any]:
    """Each once: a broken file's styles may be based on one another in a ring."""
    seen = set[str]()
    while style is not None and style.style_id not in seen:
        seen.add(style.style_id)
        yield style
        style = style.base_style


def _defaults(document: Document) -> ParagraphStyle:
    """`docDefaults`, read as a style below all others."""
    element: Any = OxmlElement("w:style")
    for name in ("w:pPr", "w:rPr"):
        said = document.styles.element.find(
            f"{qn('w:docDefaults')}/{qn(f'{name}Default')}/{qn(name)}"
        )
        if said is not None:
            element.append(deepcopy(said))
    return ParagraphStyle(element)


def _theme_fonts(document: Document) -> dict[str, str]:
    """«major» and «minor» → font of the theme."""
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.THEME and not relation.is_external:
            theme = parse_xml(relation.target_part.blob)
            latin = {k: theme.find(f".//{qn(f'a:{k}Font')}/{qn('a:latin')}") for k in _KINDS}
            return {k: one.get("typeface") or "" for k, one in latin.items() if one is not None}
    return {}


_KINDS = ("major", "minor")


def _points(length: Any) -> float | None:
    return length.pt if length is not None else None


def _millimetres(length: Any) -> float | None:
    return length.mm if length is not None else None
