"""`make golden`: play the rehearsal and keep it as what the test compares with; prints what changed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flows.rehearsal.run import rehearse
from plan.definition.loading import load_definition
from plan.settings import PACKAGED_PLANS
from tests.golden.archive import KEPT, collect, differences, keep, kept

SEED = 1


def main() -> None:
    """Without an archive, the first is made."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        definition = load_definition(PACKAGED_PLANS / "04-kh-ubnd-2020")[0]
        rehearse(definition, out, SEED, None, lambda _at, _words: None)
        sections = collect(out)
    if KEPT.exists():
        print(differences(kept(), sections) or "Nothing changed.")
    keep(sections)
    print(f"Kept: {KEPT} ({len(sections)} parts, {KEPT.stat().st_size // 1024} KB)")


if __name__ == "__main__":
    main()
