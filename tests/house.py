"""What `make check` holds beside lint, types and layers: sizes, no circles, no test that imports a test.

    python -m tests.house

The exceptions below are debts: each names what is over the measure today, and may only shrink. One that is
no longer needed is refused too, so that the list stays true.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_LINES = 400
MOST_FILES = 20
"""Modules in one folder; of tests, which mirror the rooms, half as many again."""

LONG: Mapping[str, int] = {
    "tests/browser/sample.py": 460,
    "tests/drafting/test_drafting_wordings.py": 460,
    "tests/intake/test_filing_service.py": 461,
    "tests/intake/test_mail_filing.py": 455,
    "tests/intake/workbook/test_workbook_reader.py": 630,
    "tests/notifications/channels/test_channels_zalo.py": 490,
    "tests/notifications/test_event_histories.py": 445,
}
"""Files over `MOST_LINES`: path → lines it may have."""

CROWDED: Mapping[str, int] = {}
"""Folders over their measure: path → modules it may have."""


def modules() -> dict[str, Path]:
    """Dotted name → file of everything Python in the tree, migrations apart."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [Path(line) for line in listed.stdout.splitlines() if "/versions/" not in line]
    dotted = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return {name: path for name, path in zip(dotted, paths, strict=True) if (ROOT / path).exists()}


def imports(name: str, tree: ast.Module, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of ours that this one imports, at its top, in functions and for types alike."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                target = full if full in known else node.module
                if target in known and target != name:
                    yield target
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known and one.name != name)


def over(
    found: Mapping[str, int], most: Mapping[str, int], debts: Mapping[str, int]
) -> Iterator[str]:
    """What is larger than its measure or its debt allows, and debts that are paid."""
    for path, size in sorted(found.items()):
        if size > debts.get(path, most[path]):
            yield f"{path}: {size}, at most {debts.get(path, most[path])}"
    for path in sorted(debts):
        if found.get(path, 0) <= most.get(path, 0):
            yield f"{path}: within the measure again; take it out of the list"


def faults() -> Iterator[str]:
    """Every fault, in words."""
    known = modules()
    lines = {str(path): len((ROOT / path).read_bytes().splitlines()) for path in known.values()}
    yield from over(lines, dict.fromkeys(lines, MOST_LINES), LONG)
    folders = Counter(str(path.parent) for path in known.values() if path.name != "__init__.py")
    measure = {
        name: MOST_FILES * 3 // 2 if name.startswith("tests") else MOST_FILES for name in folders
    }
    yield from over(folders, measure, CROWDED)
    graph = {
        name: set(imports(name, ast.parse((ROOT / path).read_bytes()), known))
        for name, path in known.items()
    }
    for name, targets in graph.items():
        if name.startswith("tests."):
            for target in sorted(targets):
                if target.rpartition(".")[2].startswith("test_"):
                    yield f"{name} imports the test {target}: what they share belongs in tests/support"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "a circle: " + " → ".join(error.args[1])


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) if found else "The house is in order.")
    sys.exit(bool(found))
