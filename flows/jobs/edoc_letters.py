"""A signed letter of ours as a package for the document axis, left in the folder that the connecting software
empties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from documents.edxml import Attached, Letter, Organ
from documents.edxml_writing import write
from flows.jobs.edoc_replies import put
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError, UsageError

_ORGAN = re.compile(r"[A-Z]\d{2}(?:\.\d{1,3})*")
"""A code on the axis (QĐ 20/2020/QĐ-TTg)."""
_REFERENCE = re.compile(r"\d{1,6}[a-zđ]?/[\w.&/-]+")


@dataclass(frozen=True)
class Signed:
    """A letter as the clerk gave it a number and a day (local), and its files."""

    number: str
    """«15/SNV-CCHC»."""
    subject: str
    on: date
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    due: date | None = None
    signer: str = ""


def is_code(name: str) -> bool:
    """Whether a receiver is named by a code on the axis, not by an agency's id."""
    return bool(_ORGAN.fullmatch(name))


def organs(names: Sequence[str], definition: PlanDefinition | None, own: str) -> tuple[Organ, ...]:
    """Whom a letter goes to: agencies of the plan by their ids, or codes on the axis. Raises UsageError for
    an agency without a code and for the sender itself, NotFoundError for what is neither."""
    agencies = {one.id: one for one in definition.agencies} if definition else {}
    found: dict[str, Organ] = {}
    for name in names:
        agency = agencies.get(name)
        if agency is not None and not agency.organ_ids:
            raise UsageError(
                f"{agency.names[-1].name} chưa có mã trên trục: hãy ghi organ_ids của cơ quan này trong kế "
                "hoạch, hoặc nêu mã ở --to."
            )
        if agency is None and not is_code(name):
            raise NotFoundError("cơ quan", name, agencies)
        code = agency.organ_ids[0] if agency is not None else name
        if code == own:
            raise UsageError(f"{name} là nơi gửi: không gửi công văn cho chính mình.")
        found[code] = Organ(code, agency.names[-1].name if agency is not None else "")
    return tuple(found.values())


def send(
    folder: Path, signed: Signed, sender: str, to: tuple[Organ, ...], now: datetime
) -> tuple[Path, Letter]:
    """Leave the package in the folder. Raises UsageError for a letter that says too little, RefusedError for
    one whose package lies there already."""
    _check(signed)
    before, _, after = signed.number.partition("/")
    letter = Letter(
        sender=Organ(sender),
        to=to,
        number=before,
        notation=after,
        promulgated_on=signed.on,
        type_name="Công văn",
        subject=signed.subject.strip(),
        signer=signed.signer,
        due_on=signed.due,
        sent_at=now,
        attachments=tuple(Attached(name, data) for name, data in signed.files),
    )
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{signed.number.replace('/', '-')}-{signed.on:%Y%m%d}.edxml"
    if (folder / name).exists():
        raise RefusedError(
            f"Gói {folder / name} đã có, phần mềm nối trục chưa lấy: hãy dời gói cũ đi nếu muốn gửi bản khác."
        )
    return put(folder, name, write(letter)), letter


def _check(signed: Signed) -> None:
    if not _REFERENCE.fullmatch(signed.number):
        raise UsageError(f"Số và ký hiệu «{signed.number}» phải như 15/SNV-CCHC.")
    if not signed.subject.strip():
        raise UsageError("Công văn phải có trích yếu.")
    if signed.due is not None and signed.due < signed.on:
        raise UsageError("Hạn trả lời không thể trước ngày ban hành.")
    empty = [name for name, data in signed.files if not data]
    if empty:
        raise UsageError(f"Tệp {', '.join(empty)} rỗng.")
