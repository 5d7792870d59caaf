"""PostgreSQL killed while many hand in: nothing lost, nothing twice, and no answer that was not true."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from dashboard.auth.tokens import key_hash, make_token
from flows.clock import real_clock
from plan.database import migrate, open_engine, reading, writing
from plan.definition.loading import load_definition
from plan.ledger.filing import sending_key
from plan.models import Submission
from plan.states import Actor, Role
from tests.benchmarks.dashboard_server import serving
from tests.chaos.kills import assert_whole
from tests.conftest import PLAN_PATH, at, load_running
from tests.support.api import API
from tests.support.cluster_kit import PostgresOnly

UNSURE = "không rõ"
EACH = 6
"""Hand-ins of one user."""
NOW = "2020-04-20T08:00:00+07:00"


@dataclass
class User:
    """One who hands in by the API, and sends again until told that it is there."""

    port: int
    token: str
    agency: str
    url: str
    answers: Counter[str] = field(default_factory=Counter)
    keys: dict[str, int] = field(default_factory=dict)
    """Key of each sending → the number it was told to have."""
    doubted: set[str] = field(default_factory=set)
    """Keys of sendings of which an earlier call may have been filed: it had no answer, or an unsure one."""
    lies: list[str] = field(default_factory=list)

    def work(self) -> None:
        for turn in range(EACH):
            name = f"{self.token[-8:]}-{turn}"
            key = sending_key(key_hash(self.token), name)
            while key not in self.keys:
                self._send(name, key, turn)

    def _send(self, name: str, key: str, turn: int) -> None:
        body = json.dumps({"reason": f"Lần {name}"})
        heads = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": name,
            "Content-Type": "application/json",
        }
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("POST", f"{API}/obligations/{self.agency}/nil", body, heads)
            answer = line.getresponse()
            told = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            self.answers["no answer"] += 1
            self.doubted.add(key)
            time.sleep(0.1)
            return
        finally:
            line.close()
        if answer.status == 201 and told["number"]:
            self.answers["told as filed"] += 1
            self.keys[key] = told["number"]
            return
        words = told["detail"]
        self.answers["told unsure" if UNSURE in words else "told not filed"] += 1
        if UNSURE in words:
            self.doubted.add(key)
        elif key not in self.doubted and _there(self.url, key):
            self.lies.append(name)
        time.sleep(0.1)


def _there(url: str, key: str) -> bool:
    """Whether the sending was filed, as soon as the database can say."""
    engine = open_engine(url)
    try:
        while True:
            try:
                with reading(engine) as session:
                    return bool(
                        session.exec(select(func.count()).where(Submission.key == key)).one()
                    )
            except SQLAlchemyError:
                time.sleep(0.2)
    finally:
        engine.dispose()


def kill_postgres(folder: Path, users: int, kills: int, dice: random.Random) -> dict[str, int]:
    """How the users' sendings were answered."""
    with PostgresOnly(folder) as running:
        url = running.url("psycopg", "dondoc")
        tokens = _begin(url, users)
        os.environ["DONDOC_DATABASE_URL"] = url
        try:
            with serving(str(folder / "home"), NOW, log=folder / "log") as served:
                crowd = [
                    User(served.port, token, f"{agency}/district-report", url)
                    for token, agency in tokens
                ]
                threads = [threading.Thread(target=one.work) for one in crowd]
                for thread in threads:
                    thread.start()
                done = _kill_meanwhile(running, threads, kills, dice)
                for thread in threads:
                    thread.join()
        finally:
            del os.environ["DONDOC_DATABASE_URL"]
        answers = sum((one.answers for one in crowd), Counter[str]())
        assert not [lie for one in crowd for lie in one.lies], (
            "told that it was not filed, and it was"
        )
        _assert_counted(url, crowd)
    return {"users": users, "PostgreSQL killed": done, **answers}


def _begin(url: str, users: int) -> list[tuple[str, str]]:
    engine, actor = open_engine(url), Actor("dondoc", Role.system)
    migrate(engine)
    definition = load_definition(PLAN_PATH)[0]
    districts = [one.id for one in definition.agencies if one.group == "district"]
    tokens = []
    with writing(engine) as session:
        load_running(session, definition, now=at("2020-01-20 08:00"))
        for number in range(users):
            agency = districts[number % len(districts)]
            _, text = make_token(
                session, name=f"người {number}", role="agency", agencies=[agency], actor=actor,
                now=real_clock(),
            )  # fmt: skip
            tokens.append((text, agency))
    engine.dispose()
    return tokens


def _kill_meanwhile(
    running: PostgresOnly, threads: list[threading.Thread], kills: int, dice: random.Random
) -> int:
    done, part = 0, running.parts["postgres"]
    while done < kills and any(thread.is_alive() for thread in threads):
        time.sleep(dice.uniform(0.3, 1.5))
        part.kill()
        done += 1
        time.sleep(0.5)
        part.start()
        running.wait("postgresql", lambda: running.psql("SELECT 1"))
    return done


def _assert_counted(url: str, crowd: list[User]) -> None:
    engine = open_engine(url)
    with reading(engine) as session:
        rows = session.exec(
            select(Submission.key, Submission.number).where(col(Submission.key).is_not(None))
        ).all()
        told = {key: number for one in crowd for key, number in one.keys.items()}
        assert len(rows) == len(told) == len(crowd) * EACH
        assert dict(rows) == told
        assert_whole(session)
    engine.dispose()
