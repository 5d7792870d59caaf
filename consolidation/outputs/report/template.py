"""The provincial report's template: a Word file the province can replace, filled in by docxtpl.

It holds what stands around the report: letterhead, title, addressee, opening, closing, signature. The
report itself takes the place of the paragraph «{{ body }}». What may stand in a template:

    {{ parent }} {{ issuer }} {{ number }} {{ place_and_date }}   ô 1–4 of the decree's form
    {{ kind }} {{ subject }} {{ addressed_to }}                   ô 5, 9a
    {{ opening }} {{ body }} {{ closing }}                        ô 6
    {{ post }} {{ signer }} {{ archive }}                         ô 7, 9b
    {{ plan }} {{ province }} {{ coverage }} {{ made_at }}        of use anywhere

`python -m consolidation.outputs.report.template FILE` writes the packaged one out, to be changed in Word
and put as `provincial-report.docx` into the folder of DONDOC_TEMPLATES.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from zipfile import BadZipFile

import docx
from docx.document import Document
from docx.text.paragraph import Paragraph
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import LxmlError

from documents import blocks
from plan.errors import SettingsError

FILENAME = "provincial-report.docx"
PACKAGED = Path(__file__).parent.parent / "templates" / FILENAME
BODY = "⟦body⟧"
"""What «{{ body }}» becomes until the report takes its place."""


def template_bytes(folder: Path | None) -> bytes:
    """The province's template if its folder has one, else the packaged one."""
    own = folder / FILENAME if folder is not None else None
    return (own if own is not None and own.is_file() else PACKAGED).read_bytes()


def open_template(data: bytes, context: Mapping[str, str]) -> tuple[Document, Paragraph]:
    """The template filled in, and the paragraph whose place the report takes.

    Raises SettingsError for a file that is no template, saying what is wrong with it.
    """
    try:
        template = DocxTemplate(io.BytesIO(data))
        environment = SandboxedEnvironment(autoescape=True)
        template.render({**context, "body": BODY}, jinja_env=environment)
        target = io.BytesIO()
        template.save(target)
    except (TemplateError, KeyError, ValueError, BadZipFile, LxmlError) as error:
        raise SettingsError(
            f"Mẫu báo cáo của tỉnh ({FILENAME}) không dùng được: {error}. "
            "Hãy sửa trong Word, hoặc bỏ tệp này khỏi thư mục mẫu để dùng mẫu có sẵn."
        ) from error
    document = docx.Document(io.BytesIO(target.getvalue()))
    for paragraph in document.paragraphs:
        if paragraph.text.strip() == BODY:
            _complete_styles(document)
            return document, paragraph
    raise SettingsError(
        f"Mẫu báo cáo của tỉnh ({FILENAME}) thiếu đoạn «{{{{ body }}}}», nơi đặt nội dung báo cáo."
    )


def _complete_styles(document: Document) -> None:
    """Styles that the report uses and the province's template lacks."""
    known = {style.name for style in document.styles}
    for style in blocks.new_document().styles:
        if style.name not in known:
            document.styles.element.append(deepcopy(style.element))


def default_template() -> bytes:
    """The packaged template, built from the decree's form."""
    document = blocks.new_document()
    head = blocks.Letterhead(
        issuer=("{{ issuer }}",),
        parent="{{ parent }}",
        number="{{ number }}",
        place_and_date="{{ place_and_date }}",
        draft=True,
    )
    blocks.add_letterhead(document, head)
    # The form writes its type in capitals; in a template that is a name.
    blocks.add_title(document, "⟦kind⟧", "{{ subject }}")
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace("⟦KIND⟧", "{{ kind }}")
    blocks.add_addressees(document, ["{{ addressed_to }}"])
    blocks.add_text(document, "{{ opening }}")
    document.add_paragraph("{{ body }}")
    blocks.add_text(document, "{{ closing }}")
    signature = blocks.Signature(("⟦POST⟧",), "{{ signer }}")
    blocks.add_signature(document, signature, ["Như trên", "Lưu: {{ archive }}"])
    for table in document.tables:
        for cell in table._cells:
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.text = run.text.replace("⟦POST⟧", "{{ post }}")
    written_at = datetime(2020, 3, 5, tzinfo=UTC)  # the decree's own day
    return blocks.save(
        document, blocks.DocumentFacts("Mẫu báo cáo của tỉnh", "Đôn Đốc", written_at)
    )


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PACKAGED).write_bytes(default_template())
