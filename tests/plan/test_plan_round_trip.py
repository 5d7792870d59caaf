"""A plan written to its folder and read again is the same plan, whatever its words; and the folder the same
folder."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plan
from plan.definition.export import write_plan
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition

KH04 = load_definition(Path(plan.__file__).parent / "04-kh-ubnd-2020")[0]

words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"),
    min_size=1,
    max_size=60,
).map(lambda text: text.replace("\r", ""))
awkward = st.sampled_from(
    [
        "no",
        "~",
        "null",
        "1e3",
        "2020-01-01",
        "012",
        "- a",
        "a: b",
        "# x",
        "«ă»",
        " đầu",
        "cuối ",
        "'",
        '"',
    ]
)
texts = words | awkward
days = st.dates(date(2020, 1, 1), date(2031, 12, 31))


@st.composite
def definitions(draw: st.DrawFn) -> PlanDefinition:
    """Plan 04 with other words, days and parts."""
    data: dict[str, Any] = KH04.model_dump(mode="json")
    data["title"], data["number"] = draw(texts), draw(texts)
    data["province"] = draw(texts | st.just(""))
    for part in data["milestones"]:
        part["title"], part["source"]["words"] = draw(texts), draw(texts)
        part["opens_on"] = draw(st.none() | days.map(date.isoformat))
    for part in draw(st.lists(st.sampled_from(data["deliverables"]), max_size=3)):
        part["title"], part["cooperating"] = draw(texts), draw(st.lists(texts, max_size=3))
        part["optional"] = draw(st.booleans())
        part["titles"] = draw(st.dictionaries(st.sampled_from(["snv", "an-lao"]), texts))
    data["calendar"] = draw(
        st.lists(
            st.builds(
                lambda day, why: {"day": day.isoformat(), "kind": "off", "why": why}, days, texts
            ),
            max_size=3,
        )
    )
    data["constants"] = draw(
        st.dictionaries(
            st.sampled_from(["districts", "communes"]),
            st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3)),
        )
    )
    data["notes"] = [{"section": draw(texts), "words": draw(texts), "note": draw(texts)}]
    for part in ("outputs", "data_calls", "outline"):
        data[part] = draw(st.sampled_from([data[part], []]))
    return PlanDefinition.model_validate(data)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.yaml"))
    }


@given(definitions())
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow])
def test_written_and_read_again_it_is_the_same(definition: PlanDefinition) -> None:
    with tempfile.TemporaryDirectory() as name:
        # Beside each other, so that the schemas' paths are the same.
        first, second = Path(name) / "mot", Path(name) / "hai"
        write_plan(definition, first)
        read = load_definition(first)[0]
        assert read == definition
        write_plan(read, second)
        assert files(first) == files(second)
