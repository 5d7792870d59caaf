"""The draft report and the compilation of 135 agencies that wrote 20 pages each.

What is made of the texts, from what was read of the database to the files' bytes, in a process of its own
whose memory is taken. The plan is plan 04 with its districts replaced by 135 communes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

from consolidation.coverage import Coverage
from consolidation.figures.gather import Figures
from consolidation.figures.rows import output_rows
from consolidation.inputs import Input, Inputs
from consolidation.outputs.environment import RunEnvironment
from consolidation.outputs.material import Material, Name
from consolidation.outputs.report.template import template_bytes
from consolidation.outputs.write import write_output
from intake.samples.reports import Writer, sentences
from intake.samples.world import world_of
from plan.definition.loading import load_definition
from plan.definition.model import AgencyName, PlanDefinition
from plan.settings import PACKAGED_PLANS
from plan.states import State
from tests.support.consolidation_kit import leaves

AGENCIES, SENTENCES = 135, 6
"""Six sentences under each of some 80 headings: 20 pages."""
AT = datetime(2020, 5, 1, tzinfo=UTC)


def run() -> dict[str, float]:
    """The slower of draft and compilation in parts of 20 seconds; the memory of both in parts of 500 MB."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_report"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    slower = max(found["report"], found["compilation"])
    return {"twenty_seconds": slower / 20, "memory": found["megabytes"] / 500}


def measure() -> dict[str, float]:
    """Seconds of each output, with its check; the process's largest memory."""
    definition = communes()
    figures = {}
    for kind in ("report", "compilation"):
        material = material_of(definition, kind)
        around = RunEnvironment(AT, template=template_bytes(None))
        start = time.perf_counter()
        for piece in write_output(None, material, around):  # type: ignore[arg-type]
            piece.check(piece.data)
        figures[kind] = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures | {"megabytes": peak}


def communes() -> PlanDefinition:
    """Plan 04 with 135 communes for its districts."""
    definition = load_definition(PACKAGED_PLANS / "04-kh-ubnd-2020")[0]
    district = next(one for one in definition.agencies if one.group == "district")
    others = [one for one in definition.agencies if one.group != "district"]
    made = [
        district.model_copy(
            update={
                "id": f"xa-{n}",
                "aliases": [],
                "names": [AgencyName(name=f"UBND xã Số {n}", short=f"Số {n}", kind="xã")],
            }
        )
        for n in range(AGENCIES)
    ]
    return definition.model_copy(update={"agencies": [*others, *made]})


def material_of(definition: PlanDefinition, kind: str) -> Material:
    output = next(one for one in definition.outputs if one.kind == kind)
    world = replace(world_of(definition.id), sizes={})
    texts: dict[str, dict[str, str]] = {}
    items = []
    for number, agency in enumerate(one for one in definition.agencies if one.group == "district"):
        writer = Writer(agency.names[0].name, agency.id, replace(world, sizes={agency.id: 12}))
        rng, name = Random(number), f"{agency.id}/district-report"
        items.append(_input(number, name, agency.id, agency.names[0]))
        texts[name] = {
            node.id: " ".join(
                sentences(f"{node.number} {node.title}", writer, rng) for _ in range(SENTENCES // 2)
            )
            for node in leaves(definition.outline)
            if not node.id.startswith("p2")
        }
    inputs = Inputs(
        output=output,
        plan_id=definition.id,
        as_of=AT,
        names_on=date(2020, 5, 1),
        written_at=AT,
        coverage=Coverage(len(items), len(items)),
        set_hash="",
        items=tuple(items),
        listed=False,
    )
    figures = Figures(output_rows(definition, output), {}, 0)
    names = {one.id: Name(one.names[0].name, one.names[0].short) for one in definition.agencies}
    return Material(definition, inputs, figures, names=names, texts=texts)


def _input(number: int, name: str, agency: str, named: AgencyName) -> Input:
    return Input(
        obligation_id=number,
        obligation=name,
        agency=agency,
        agency_name=named.name,
        agency_short=named.short,
        group="district",
        deliverable="district-report",
        deliverable_short="Báo cáo tổng kết",
        milestone="",
        period="",
        title="",
        state=State.accepted,
        due_at=None,
        last_day=None,
        decisive_at=None,
        submission_id=number + 1,
    )


if __name__ == "__main__":
    json.dump(measure(), sys.stdout)
