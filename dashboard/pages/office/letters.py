"""Công văn đôn đốc: previewed, taken away one by one or many at once, by agency or by milestone."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import urlencode

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE
from dashboard.pages.common import names_of, note_export
from dashboard.queries.glance.matrix import still_owing
from dashboard.rendering.export import DOCX, attachment
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from intake.programs import office
from notifications.letters import NO_PDF, Letter, draft_letter, letters_of, pdf_letter, text_of
from plan.errors import RefusedError
from plan.queries.progress import obligations

pages = Pages()
ZIP = "application/zip"
PDF = "application/pdf"
MOST_SHOWN = 5
"""Letters shown in full; more are counted and taken away with the others."""


def _wanted(visit: Visit) -> tuple[list[str], str, bool]:
    """(agencies, milestone, whether the UBND signs), as the address bar asks."""
    names, milestone = names_of(visit), visit.query("moc")
    codes = [code for code in visit.request.query_params.getlist("co-quan") if code]
    if (milestone and milestone not in names.milestones) or not set(codes) <= set(names.agencies):
        raise MissingError
    return codes, milestone, visit.query("ky") == "ubnd"


def _letters(visit: Visit) -> list[Letter]:
    agencies, milestone, by_issuer = _wanted(visit)
    return letters_of(
        visit.session,
        visit.plan,
        visit.as_of,
        agencies=agencies,
        milestone=milestone,
        by_issuer=by_issuer,
    )


@pages.get("/cong-van", may=OFFICE)
def index(visit: Visit) -> Response:
    """Whom to write to; and, once that is chosen, the letters as they will stand."""
    agencies, milestone, by_issuer = _wanted(visit)
    letters, refusal = list[Letter](), ""
    if agencies or milestone:
        try:
            letters = _letters(visit)
        except RefusedError as error:
            refusal = str(error)
    views = obligations(visit.session, visit.plan, visit.as_of, milestone=milestone)
    shown = letters[:MOST_SHOWN]
    return visit.render(
        "letters.html",
        owing=still_owing(views),
        chosen=set(agencies),
        milestone=milestone,
        by_issuer=by_issuer,
        letters=[(one, text_of(one), _address(one, agencies, milestone)) for one in shown],
        count=len(letters),
        every=_query(agencies, milestone, by_issuer),
        refusal=refusal,
        no_pdf="" if office.installed() else NO_PDF,
        names=names_of(visit),
    )


def _query(agencies: list[str], milestone: str, by_issuer: bool) -> str:
    pairs = [("co-quan", code) for code in agencies]
    pairs += [("moc", milestone)] if milestone else []
    return urlencode([*pairs, *([("ky", "ubnd")] if by_issuer else [])])


def _address(letter: Letter, agencies: list[str], milestone: str) -> str:
    """The query that asks for this one alone."""
    return _query([letter.rows[0].agency] if agencies else [], milestone, letter.by_issuer)


@pages.get("/cong-van/tai", may=OFFICE)
def download(visit: Visit) -> Response:
    """The letters asked for: one as a Word file or PDF, several as Word files in a .zip."""
    letters = _letters(visit)
    if visit.query("dang") == "pdf":
        return _printed(visit, letters)
    note_export(visit, f"Công văn đôn đốc ({len(letters)})")
    if len(letters) == 1:
        return attachment(draft_letter(letters[0]), letters[0].filename, DOCX)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for letter in letters:
            archive.writestr(letter.filename, draft_letter(letter))
    return attachment(packed.getvalue(), "cong-van-don-doc.zip", ZIP)


def _printed(visit: Visit, letters: list[Letter]) -> Response:
    """One letter as PDF: each takes LibreOffice some seconds."""
    if len(letters) != 1:
        raise RefusedError("Bản PDF làm cho từng công văn; hãy tải riêng công văn cần in.")
    visit.let_go()
    name, data = pdf_letter(letters[0])
    note_export(visit, f"Công văn đôn đốc ({name})")
    return attachment(data, name, PDF)
