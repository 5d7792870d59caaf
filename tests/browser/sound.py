"""What every page must be: without barriers, within its window, still."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 50);
})"""
"""How far things moved after they were first seen."""


def over_the_edge(page: Page) -> list[str]:
    """How far the page that stands open is wider than its window; nothing where it is not."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{over} px over the edge"] if over > 0 else []


def unsound(page: Page) -> list[str]:
    """What is wrong with the page that stands open: axe's findings, what runs over the edge, what moved."""
    shift = page.evaluate(SHIFTS)
    wrong = over_the_edge(page)
    wrong += [f"layout shift {shift}"] if shift else []
    return wrong + [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for fault in Axe().run(page).response["violations"]
        for node in fault["nodes"][:4]
    ]
