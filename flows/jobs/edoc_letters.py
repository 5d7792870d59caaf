"""A signed letter of ours as a package for the document axis, written by hand into a folder: for receivers
that are no agencies of a plan as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from documents.edxml import Letter, Organ
from documents.edxml_writing import write
from flows.jobs.edoc_replies import put
from intake.mail.edoc_out import axis_letter
from intake.mail.letters import LetterFacts
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError, UsageError

_ORGAN = re.compile(r"[A-Z]\d{2}(?:\.\d{1,3})*")
"""A code on the axis (QĐ 20/2020/QĐ-TTg)."""


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
    folder: Path,
    facts: LetterFacts,
    files: tuple[tuple[str, bytes], ...],
    sender: str,
    to: tuple[Organ, ...],
    now: datetime,
) -> tuple[Path, Letter]:
    """Leave the package in the folder. Raises UsageError for a letter that says too little, RefusedError for
    one whose package lies there already."""
    facts.check()
    empty = [name for name, data in files if not data]
    if empty:
        raise UsageError(f"Tệp {', '.join(empty)} rỗng.")
    letter = axis_letter(facts, sender, to, files, now)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{facts.number.replace('/', '-')}-{facts.on:%Y%m%d}.edxml"
    if (folder / name).exists():
        raise RefusedError(
            f"Gói {folder / name} đã có, phần mềm nối trục chưa lấy: hãy dời gói cũ đi nếu muốn gửi bản khác."
        )
    return put(folder, name, write(letter)), letter
