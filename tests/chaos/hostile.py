"""Requests that mean no good, against a real server: none is answered with a fault, none changes anything."""

from __future__ import annotations

import random
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from sqlmodel import col, select

from dashboard.pages import ALL_PAGES
from plan.database import open_engine, reading
from plan.ledger import audit
from plan.models import AuditEvent, Contact, Message, Obligation, Submission, UserAccount
from tests.benchmarks.dashboard_server import Served, serving
from tests.browser.support import SAMPLE_DAY, dashboard_at
from tests.support.api import API, VALUES, api_routes

PAYLOADS = (
    "' OR 1=1--", "1;DROP TABLE submission", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00",
    "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "9" * 400, "-1", "1e309", "\u202e\ufeff",
    "%ff%fe", "%0d%0aSet-Cookie:%20a=b", "//khac.example/", "http://khac.example/", "\\\\khac.example\\c",
    "a" * 5000, "NaN", "0x10", "null", "[]", "vpub", "2020-02-30", "٣",
)  # fmt: skip
HEADS = (
    "Host: khac.example", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: khac.example",
    "Authorization: Bearer dondoc_sai", "Authorization: Basic Og==", "Content-Type: application/json",
    "Content-Type: multipart/form-data", "Content-Type: multipart/form-data; boundary=b",
    "Origin: https://khac.example", "Range: bytes=0-", "If-None-Match: *", "Expect: 100-continue",
    "Upgrade: websocket", "Transfer-Encoding: chunked", "Content-Length: 99999999999",
    "Cookie: dondoc=sai", "X-A: " + "b" * 9000,
)  # fmt: skip
BODIES = (
    b"", b"{", b'{"reason": null}', b"[" * 5000, b"csrf=x&" * 400, b"\xff" * 3000,
    b'--b\r\nContent-Disposition: form-data; name="tep"; filename="../x.xlsx"\r\n\r\nPK\x03\x04\r\n--b--\r\n',
    b"--b\r\n" * 500, b"ly-do=" + b"a" * 300_000,
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW")
WAITS = 6.0
"""Seconds for an answer: part of the requests never come whole, and get none."""
KEPT = (Obligation, Submission, Contact, Message, UserAccount)


def paths() -> list[str]:
    return [page.path for page in ALL_PAGES] + [API + route.path for route in api_routes()]


def request(dice: random.Random, all_paths: list[str], cookie: str) -> bytes:
    """One, made of what stands above; a part of them never comes whole."""

    def fill(found: re.Match[str]) -> str:
        good = VALUES.get(found[1], "1")
        return dice.choice(PAYLOADS) if dice.random() < 0.5 else good

    path = re.sub(r"\{(\w+)\}", fill, dice.choice(all_paths))
    if dice.random() < 0.4:
        name = dice.choice(
            ("trang", "ve", "tim", "plan", "as_of", "per_page", "muc", "dang", "thang")
        )
        path += f"?{name}={dice.choice(PAYLOADS)}"
    lines = [f"{dice.choice(METHODS)} {path.replace(' ', '+')} HTTP/1.1", "Connection: close"]
    heads = dice.sample(HEADS, dice.randint(0, 3))
    if not any(head.startswith("Host") for head in heads):
        heads.append("Host: x")
    if dice.random() < 0.6:
        heads.append(f"Cookie: {cookie}")
    body = dice.choice(BODIES) if dice.random() < 0.5 else b""
    if body and not any(head.startswith(("Content-L", "Transfer")) for head in heads):
        heads.append(f"Content-Length: {len(body)}")
    whole = ("\r\n".join([*lines, *heads]) + "\r\n\r\n").encode("utf-8", "replace") + body
    return whole[: dice.randint(1, len(whole))] if dice.random() < 0.1 else whole


def ask(port: int, data: bytes) -> tuple[int, bytes]:
    """(status, answer); 0: it said nothing."""
    got = b""
    with (
        closing(socket.create_connection(("127.0.0.1", port), timeout=WAITS)) as line,
        suppress(OSError),  # it waits for what never comes, or hung up on whoever went on talking
    ):
        line.sendall(data)
        while part := line.recv(65536):
            got += part
    found = re.match(rb"HTTP/1\.1 (\d+)", got)
    return int(found[1]) if found else 0, got


TOLD_OF = re.compile(r"(session|table)\..*|.*\.refused|limit\.reached")
"""What the trail says of requests that changed nothing."""


def facts(home: Path) -> tuple[list[str], set[str]]:
    """Every row that people care for, as text; the kinds of events in the trail."""
    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    with reading(engine) as session:
        rows = [
            row.model_dump_json()
            for model in KEPT
            for row in session.exec(select(model).order_by(col(model.id)))
        ]
        events = set(session.exec(select(AuditEvent.event)))
        assert not list(audit.verify(session))
    engine.dispose()
    return rows, events


def be_hostile(folder: Path, requests: int, dice: random.Random) -> dict[str, int]:
    """How many answers of each kind."""
    dashboard_at(folder).engine.dispose()
    all_paths = paths()
    with serving(str(folder), SAMPLE_DAY.isoformat(), log=folder / "log") as served:
        before, events = facts(folder)
        asked = [request(dice, all_paths, served.cookie) for _ in range(requests)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda data: ask(served.port, data), asked))
        for data, (status, answer) in zip(asked, answers, strict=True):
            _assert_harmless(data, status, answer)
        assert _serves(served), "and goes on serving"
        after, later = facts(folder)
    assert after == before
    assert sorted(one for one in later - events if not TOLD_OF.fullmatch(one)) == []
    return dict(sorted(Counter(f"{status // 100}xx" for status, _ in answers).items()))


def _assert_harmless(data: bytes, status: int, answer: bytes) -> None:
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert status < 500, (data[:300], answer[:500])
    assert b"Traceback" not in answer, data[:300]
    assert b"root:" not in answer, data[:300]
    location = re.search(rb"\r\nlocation: ([^\r]*)", head)
    assert not (location and b"khac.example" in location[1].partition(b"?")[0]), data[:300]
    assert not re.search(rb"\r\nset-cookie: a=b", head), data[:300]


def _serves(served: Served) -> bool:
    text = f"GET /moc HTTP/1.1\r\nHost: x\r\nCookie: {served.cookie}\r\nConnection: close\r\n\r\n"
    return ask(served.port, text.encode())[0] == 200
