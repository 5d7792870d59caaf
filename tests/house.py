"""What `make check` holds beside lint, types and layers: sizes, parameters, no circles, no test of a test.

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


MOST_PARAMETERS = 7
WIDE: Mapping[str, int] = {
    "consolidation/inputs.py:read_items": 8,
    "consolidation/report_work.py:_kept": 10,
    "consolidation/report_work.py:sign": 10,
    "consolidation/report_work.py:take_in": 9,
    "consolidation/triggers.py:react": 8,
    "dashboard/app.py:create_app": 8,
    "dashboard/auth/links.py:revoke": 8,
    "dashboard/auth/tokens.py:make_token": 8,
    "dashboard/auth/users.py:add_user": 8,
    "dashboard/saved_views.py:save": 8,
    "documents/tables.py:add_table": 8,
    "flows/rehearsal/standins/smtp_sink.py:__init__": 8,
    "intake/checks.py:check_values": 8,
    "intake/forms/sheets.py:write_sheet": 8,
    "intake/inbox/lookup.py:look_at": 8,
    "intake/report/checks.py:_fault": 8,
    "notifications/account_notices.py:account_draft": 9,
    "notifications/account_notices.py:tell_owner": 8,
    "notifications/channels/base.py:__init__": 11,
    "notifications/outbox/delivery.py:deliver": 10,
    "notifications/plan_context.py:_book": 9,
    "notifications/round.py:deliver": 8,
    "notifications/round.py:run_round": 8,
    "notifications/starting.py:try_channel": 8,
    "notifications/webhooks.py:make_webhook": 8,
    "plan/adjustments.py:_note": 8,
    "plan/deadlines/standing.py:standing": 8,
    "plan/directory/absences.py:note_absence": 8,
    "plan/ledger/audit.py:announce": 8,
    "plan/ledger/audit.py:record": 9,
    "plan/ledger/core.py:commit_change": 8,
    "plan/ledger/core.py:commit_changes": 9,
    "plan/ledger/data_calls.py:_ask": 8,
    "plan/ledger/data_calls.py:open_call": 8,
    "plan/ledger/decisions.py:decide": 8,
}
"""Functions with more parameters than `MOST_PARAMETERS`: file:function → parameters it may have. What travels
together is one value (`SubmissionContext`, `RunRequest`)."""
OUTSIDE = {"reports_errors", "get", "post", "put", "delete"}
"""Decorators of what is called from outside: its parameters are a command's options, a request's fields."""


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


def parameters(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of the program in a file, those called from outside apart: `file:function` and how many
    parameters it has."""
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            names = {
                ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in node.decorator_list
            }
            if not names & OUTSIDE:
                yield f"{path}:{node.name}", sum(one.arg not in ("self", "cls") for one in given)


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
    wide = Counter[str]()
    for path in known.values():
        if path.parts[0] != "tests":
            for name, count in parameters(path):
                wide[name] = max(wide[name], count)
    yield from over(wide, dict.fromkeys(wide, MOST_PARAMETERS), WIDE)
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
