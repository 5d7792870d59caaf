"""Files sent along with words (a question, an answer): through the gate, then kept; never read."""

from __future__ import annotations

from collections.abc import Sequence

from intake.files.gate import Limits, Refused, check_kind, safe_filename
from intake.files.store import Store
from plan.errors import RefusedError
from plan.ledger.filing import FiledFile


def keep_attached(
    store: Store, files: Sequence[tuple[str, bytes]], limits: Limits
) -> tuple[FiledFile, ...]:
    """Files (name as given, bytes) kept in the store. RefusedError names each that may not come in; then
    none is kept."""
    faults = list[str]()
    for name, data in files:
        try:
            check_kind(data, limits)
        except Refused as refused:
            faults.append(f"«{safe_filename(name)}»: {refused.finding.message}")
    if faults:
        raise RefusedError(f"Chưa gửi gì. {' '.join(faults)}")
    return tuple(
        FiledFile(safe_filename(name), store.put(data), len(data), "unread") for name, data in files
    )
