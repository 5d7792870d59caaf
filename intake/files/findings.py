"""Every finding a workbook can earn: its severity and what it says, from the table `faults.toml`.

A test holds that every code used stands there and every code there is used.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from plan.ledger.filing import FoundFault, Severity
from plan.text import number_words


@dataclass(frozen=True, slots=True)
class FaultText:
    severity: Severity
    message: str


def _load() -> dict[str, FaultText]:
    text = (Path(__file__).parent / "faults.toml").read_text(encoding="utf-8")
    tables: dict[Severity, dict[str, str]] = tomllib.loads(text)  # type: ignore[assignment]  # our own file
    return {
        code: FaultText(severity, message)
        for severity, messages in tables.items()
        for code, message in messages.items()
    }


FAULTS: dict[str, FaultText] = _load()


def fault(
    code: str,
    *,
    file: str = "",
    sheet: str = "",
    cell: str = "",
    indicator: str = "",
    period: str = "",
    shown: str = "",
    **words: object,
) -> FoundFault:
    """The finding for `code`; `shown` is what stood there, `words` fill the message, whole numbers
    among them with a dot between thousands."""
    text = FAULTS[code]
    told = {name: number_words(one) if type(one) is int else one for name, one in words.items()}
    return FoundFault(
        severity=text.severity,
        code=code,
        message=text.message.format_map({**told, "sheet": told.get("sheet_name", sheet)}),
        file=file,
        sheet=sheet,
        cell=cell,
        indicator=indicator,
        period=period,
        read=shown or str(told.get("read", "")),
    )
