"""A letter as PDF, printed by LibreOffice from its Word file, where that is installed."""

from __future__ import annotations

from pathlib import PurePath

from intake.programs import office
from notifications.letters.gather import Letter
from notifications.letters.word_file import draft_letter
from plan.errors import RefusedError

NO_PDF = "Máy chủ chưa cài LibreOffice nên công văn chỉ có bản Word (.docx)."


def pdf_letter(letter: Letter) -> tuple[str, bytes]:
    """Its name and bytes. Takes seconds, one letter at a time. RefusedError: no LibreOffice here, or it did
    not manage in time."""
    if not office.installed():
        raise RefusedError(NO_PDF)
    data = office.converted(draft_letter(letter), "docx", "pdf")
    if data is None:
        raise RefusedError("Chưa làm được bản PDF; hãy thử lại, hoặc tải bản Word (.docx).")
    return PurePath(letter.filename).with_suffix(".pdf").name, data
