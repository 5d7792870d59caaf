"""kill -9 between fetching, filing and answering: no mail lost, none filed twice, each filed is answered."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from plan.database import open_engine, writing
from plan.models import Contact, IncomingMail, Message, Submission
from plan.queries.lookup import find_agency
from tests.conftest import PLAN_ID
from tests.inbox_zygote import once
from tests.mail_samples import AUTHSERV, mail
from tests.standins.imap import FakeImap
from tests.support.intake_mutations import place_of
from tests.support.killing import ROOT, ask
from tests.support.workbook_samples import edited, full

KILLS, MAILS = 50, 30
ADDRESS = "vanthu@stp.example"


def reply(number: int) -> bytes:
    data = edited(full("stp"), {place_of("stp", ("PL2.1", "2018")): number})
    results = f"{AUTHSERV}; dmarc=pass header.from=stp.example"
    name = f"<{number}@stp.example>"
    return mail(("bieu.xlsx", data), sender=ADDRESS, results=results, message_id=name)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_at_fifty_moments(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "dondoc.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    with writing(engine) as session:
        agency = find_agency(session, PLAN_ID, "stp")
        session.add(Contact(agency_id=agency.id or 0, name="Văn thư", email=ADDRESS))
    dice, killed = random.Random(20), 0
    mails = {str(number): reply(number) for number in range(1, MAILS + 1)}
    arrived = {"1": mails["1"]}
    with FakeImap(arrived) as server:
        began = time.monotonic()
        once(tmp_path, server.url)
        length = time.monotonic() - began
        command = [sys.executable, "-m", "tests.inbox_zygote", str(tmp_path), server.url]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for turn in range(KILLS):
                arrived.update(list(mails.items())[: 1 + (turn + 1) * (MAILS - 1) // KILLS])
                killed += ask(process, f"{dice.uniform(0, length):.4f}") == "killed"
            assert process.stdin is not None
            process.stdin.close()
        arrived.update(mails)
        for _ in range(3):
            once(tmp_path, server.url)
    assert killed > KILLS // 4
    with Session(engine) as session:
        states = Counter(row.state for row in session.exec(select(IncomingMail)))
        filed = session.exec(select(Submission)).all()
        answers = session.exec(select(Message).where(col(Message.event) == "mail-receipt")).all()
    engine.dispose()
    # Though some were being dealt with at many kills: no mail ended the program.
    assert states == {"filed": MAILS}
    assert len(filed) == len({one.content_hash for one in filed}) == MAILS
    assert len({one.dedupe_key for one in answers}) == len(answers)
    assert len(answers) >= min(states["filed"], 20)
