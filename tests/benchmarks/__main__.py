"""`make bench`: every promised ratio, each taken in one run against what bounds it, as a table and
as bench.json. `make bench ONLY=startup` runs one module. Exit 1 when a promise is not kept."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

OUT = Path("bench.json")


@dataclass(frozen=True)
class Promise:
    """A figure of a module's `run()` and the bound it is held to."""

    module: str
    key: str
    sense: str
    """at most | at least"""
    bound: float
    what: str


PROMISES = (
    Promise("startup", "help_to_typer", "at most", 2.0, "dondoc --help / import typer"),
    Promise("startup", "status_to_sqlmodel", "at most", 2.0, "dondoc status / import sqlmodel"),
    Promise(
        "tick", "million_to_ten_thousand", "at most", 1.5, "1 000 due of 1 000 000 / of 10 000"
    ),
    Promise("tick", "found_to_bare", "at most", 3.0, "found and claimed / bare SQL, same rows"),
    Promise("tick", "thirty_plans_to_one", "at most", 1.5, "1 000 due, 30 plans / one plan"),
    Promise("tick", "idle_to_empty", "at most", 3.0, "a tick with nothing due / empty transaction"),
    Promise("mail", "ratio", "at most", 2.0, "10 000 digests written, delivered / smtplib"),
    Promise("sending", "due_to_recorded", "at most", 2.5, "3 000 mails due, sent, kept / smtplib"),
    Promise("intake", "to_calamine", "at most", 3.0, "workbook read and checked / python-calamine"),
    Promise("intake", "openpyxl_to_ours", "at least", 5.0, "the same with openpyxl / ours"),
    Promise("intake", "thousand_to_one_mb", "at most", 1.0, "more memory for 1 000 / 50 MB"),
    Promise("ways", "report", "at most", 4.0, "a PDF report read, matched / PDFium's bare text"),
    Promise("ways", "tables", "at most", 1.5, "a printed appendix read / pdfplumber's tables"),
    Promise("ways", "mails", "at most", 1.3, "100 mails filed / the same files by submit"),
    Promise("mail", "apprise_ratio", "at least", 5.0, "Apprise, an object a mail / ours"),
    Promise("consolidation", "seventeen", "at most", 2.0, "17 agencies / read and written bare"),
    Promise("consolidation", "many", "at most", 3.0, "10 000 agencies / GROUP BY and XlsxWriter"),
    Promise("consolidation", "gigabyte", "at most", 1.0, "its memory / 1 GB"),
    Promise("consolidation", "one_more", "at most", 1.5, "one more of 10 000 / of 1 000"),
    Promise(
        "consolidation", "pandas", "at least", 10.0, "pandas and openpyxl, 10 000 files / ours"
    ),
    Promise("report", "twenty_seconds", "at most", 1.0, "135 agencies × 20 pages drafted / 20 s"),
    Promise("report", "memory", "at most", 1.0, "its memory / 500 MB"),
    Promise("drafting", "docx", "at most", 10.0, "a Word plan drafted / python-docx's bare text"),
    Promise("drafting", "pdf", "at most", 10.0, "a PDF plan drafted / pypdfium2's bare text"),
    Promise("drafting", "pdf_tables", "at most", 1.5, "pages with tables drafted / pdfplumber"),
    Promise("drafting", "seventy_kb", "at most", 1.0, "70 KB of text drafted / 2 s"),
    Promise("drafting", "sixty_pages", "at most", 1.0, "a PDF of 60 pages drafted / 10 s"),
    Promise("drafting", "thousand_rows", "at most", 1.0, "a table of 1 000 rows drafted / 5 s"),
    Promise("dashboard", "rate", "at least", 0.4, "Tổng quan a second / a bare page, same bytes"),
    Promise("dashboard", "p95", "at most", 5.0, "Tổng quan p95 / the bare page's"),
    Promise(
        "dashboard", "province", "at most", 3.0, "first byte, 135 agencies × 40 / 59 obligations"
    ),
    Promise("dashboard", "ministry", "at most", 3.0, "first byte, 3 321 agencies × 30 / 59"),
    Promise("dashboard", "page_kilobytes", "at most", 150.0, "the largest page, KB uncompressed"),
    Promise("serve", "ready_to_bare", "at most", 1.5, "dondoc serve ready / prefect server start"),
    Promise("runs", "own_to_empty", "at most", 0.25, "a look's process / an empty flow's"),
    Promise("runs", "all_to_empty", "at most", 0.5, "the same, server and all"),
    Promise("runs", "burst_to_prefect", "at least", 2.5, "60 looks, runs a minute / Prefect's"),
    Promise("loading", "load_to_core", "at most", 3.0, "106 272 obligations loaded / bare inserts"),
    Promise("loading", "again_to_core", "at most", 3.0, "one date moved, loaded / bare inserts"),
    Promise("loading", "check_to_core", "at most", 3.0, "the plan checked / bare inserts"),
    Promise(
        "loading", "postgres_load", "at most", 3.0, "the same load on PostgreSQL / bare inserts"
    ),
    Promise("loading", "postgres_again", "at most", 3.0, "one date moved, on PostgreSQL / bare"),
    Promise("serve", "memory_to_bare", "at most", 1.4, "all of serve / Prefect with a runner"),
)


def results(only: str) -> Iterator[tuple[Promise, float]]:
    """Each promise with its measured figure; a module is run once."""
    ran: dict[str, dict[str, float]] = {}
    for promise in PROMISES:
        if only and promise.module != only:
            continue
        if promise.module not in ran:
            print(f"… {promise.module}", file=sys.stderr, flush=True)
            ran[promise.module] = import_module(f"tests.benchmarks.bench_{promise.module}").run()
        yield promise, ran[promise.module][promise.key]


def kept(promise: Promise, figure: float) -> bool:
    return figure <= promise.bound if promise.sense == "at most" else figure >= promise.bound


def main() -> int:
    rows = []
    for promise, figure in results(os.environ.get("ONLY", "")):
        ok = kept(promise, figure)
        rows.append(asdict(promise) | {"figure": round(figure, 3), "kept": ok})
        mark = "✓" if ok else "✗"
        print(
            f"{mark} {figure:8.2f}×  {promise.sense} {promise.bound:g}×  {promise.what}", flush=True
        )
    OUT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(row["kept"] for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
