"""Names of runs.

Tasks bear plain English names, as their flows do: the graph of a run in Prefect's pages leaves out the
letters its font lacks, and Vietnamese would be unreadable there. What a run found is said in Vietnamese.
"""

from __future__ import annotations

from flows.anchor import service_clock
from plan.calendar import LOCAL
from plan.settings import get_settings


def moment_tag() -> str:
    """Now by the installation's clock, local: `20/04/2020 07:00`."""
    return f"{service_clock(get_settings())().astimezone(LOCAL):%d/%m/%Y %H:%M}"
