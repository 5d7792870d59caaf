"""Who heads and signs the documents that the coordinating office makes of what came in."""

from __future__ import annotations

from datetime import date

from docx.document import Document

from documents import blocks
from intake.report.letterheads import Issuer, agency_of, issuer_of, letterhead, signature
from plan.definition.model import Office, PlanDefinition


def coordinator_on(definition: PlanDefinition, on: date) -> Issuer:
    """The coordinating office as it heads a document of that local day."""
    return issuer_of(definition, agency_of(definition, definition.coordinator), on)


def office_of(definition: PlanDefinition, issuer: Issuer) -> Office | None:
    """Its desk, signer and archive, where the plan names them."""
    return next((one for one in definition.offices if one.name in issuer.lines), None)


def archive_of(definition: PlanDefinition, issuer: Issuer) -> str:
    """«VT, CCHC»."""
    office = office_of(definition, issuer)
    return office.archive if office and "," in office.archive else "VT, (đơn vị soạn thảo)"


def head(document: Document, issuer: Issuer, year: int, subject: str) -> None:
    """Ô 1–5 of a report."""
    blocks.add_letterhead(document, letterhead(issuer, "BC", year))
    blocks.add_title(document, "Báo cáo", subject)


def sign(document: Document, definition: PlanDefinition, issuer: Issuer) -> None:
    """Ô 7 and 9b: to the office that issued the plan, and the archive."""
    office = office_of(definition, issuer)
    post = blocks.Signature(signature(issuer).post, office.signer_name if office else "")
    above = agency_of(definition, definition.issuer).names[0].name
    recipients = [f"{above} (để báo cáo)", f"Lưu: {archive_of(definition, issuer)}"]
    blocks.add_signature(document, post, recipients)
