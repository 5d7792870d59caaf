"""Every kind of page within a viewer's reach, found by following links."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin

from tests.browser.support import BASE, Browser

OF_A_SHAPE = 2
"""Pages of one kind that a walk opens: an obligation's page is like another's."""
NOT_WALKED = ("/dang-xuat", "/luc", "/xem-nhu", "/su-kien")
STARTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("admin", (), "/quan-tri"),
    ("coordinator", (), "/"),
    ("leader", (), "/lanh-dao"),
    ("agency", ("vpub",), "/don-vi/vpub"),
)
"""Who walks, whose, from where."""


def links(page: str, path: str) -> Iterator[str]:
    """Our own addresses a page leads to."""
    for found in re.findall(r'(?:href|src)="([^"#][^"]*)"', page):
        target = urljoin(BASE + path, html.unescape(found)).partition("#")[0]
        local = target.removeprefix(BASE)
        if target.startswith(BASE) and not local.startswith(NOT_WALKED):
            yield local


def shape(path: str) -> str:
    """What pages of one kind have in common."""
    kind = re.sub(r"/(co-quan|nghia-vu|don-vi|nhac-viec|moc|tong-hop)/[^?]*", r"/\1/…", path)
    return re.sub(r"=[^&]*", "=…", re.sub(r"\d+", "0", kind))


def walk(client: Browser, start: str) -> Iterator[tuple[str, str, int, str]]:
    """(path, from, status, page) of every kind of page within reach."""
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    waiting = [(start, "")]
    while waiting:
        path, source = waiting.pop(0)
        if path in seen or kinds[shape(path)] >= OF_A_SHAPE:
            continue
        seen.add(path)
        kinds[shape(path)] += 1
        answer = client.get(path)
        told = answer.headers.get("content-type", "").startswith("text/html")
        page = (
            answer.text
            if told and "sandbox" not in answer.headers.get("content-security-policy", "")
            else ""
        )
        yield path, source, answer.status_code, page
        waiting += [(target, path) for target in links(page, path)]
