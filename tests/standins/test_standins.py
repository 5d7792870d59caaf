"""The stand-ins themselves: what the channel tests and the rehearsal lean on."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from flows.rehearsal.standins.zalo_world import RefusalError, ZaloWorld
from tests.standins import HandClock, SmtpFaults, SmtpSink, ZaloStandin

MAIL = b"From: a@x.vn\r\nTo: b@x.vn\r\nSubject: x\r\n\r\nThan\r\n"


def test_the_sink_numbers_on_from_what_is_there(tmp_path: Path) -> None:
    for round_ in range(2):
        with SmtpSink(tmp_path) as sink, smtplib.SMTP("127.0.0.1", sink.port, "x") as smtp:
            for _ in range(2):
                smtp.sendmail("a@x.vn", ["b@x.vn"], MAIL)
            assert [m.path.name for m in sink.mails if m.path] == [
                f"{n:04}.eml" for n in range(2 * round_ + 1, 2 * round_ + 3)
            ]
    assert (tmp_path / "0004.eml").read_bytes() == MAIL


def test_the_sink_closes_under_an_open_connection() -> None:
    with SmtpSink() as sink:
        smtp = smtplib.SMTP("127.0.0.1", sink.port, "x")
        smtp.ehlo()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.noop()
    smtp.close()


def test_faults_may_be_switched_while_it_runs() -> None:
    with SmtpSink(faults=SmtpFaults(sender="450 4.3.2 later")) as sink:
        with smtplib.SMTP("127.0.0.1", sink.port, "x") as smtp:
            with pytest.raises(smtplib.SMTPSenderRefused):
                smtp.sendmail("a@x.vn", ["b@x.vn"], MAIL)
            sink.faults.sender = ""
            smtp.sendmail("a@x.vn", ["b@x.vn"], MAIL)
        assert len(sink.mails) == 1


def refresh(zalo: ZaloStandin, token: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{zalo.url}/v4/oa/access_token",
        data={
            "app_id": zalo.world.app_id,
            "grant_type": "refresh_token",
            "refresh_token": token,
        },
        headers={"secret_key": zalo.world.app_secret},
        trust_env=False,
    )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_zalo_rotates_once_and_answers_200_to_everything() -> None:
    with ZaloStandin(HandClock()) as zalo:
        first = zalo.world.grant()
        second = refresh(zalo, first["refresh_token"])
        assert second["expires_in"] == "90000"
        assert refresh(zalo, first["refresh_token"])["error"] == -14014
        assert refresh(zalo, second["refresh_token"])["access_token"]
        for path in ("/v3.0/oa/message/cs", "/message/template"):
            for body in (b"", b"[]", b"{}", b'{"recipient": 1}'):
                answer = httpx.post(
                    f"{zalo.url}{path}",
                    content=body,
                    headers={"access_token": zalo.world.grant()["access_token"]},
                    trust_env=False,
                )
                assert answer.status_code == 200
                assert answer.json()["error"] < 0
        assert httpx.get(f"{zalo.url}/khac", trust_env=False).json()["error"] == -404


def test_zalo_s_ids_and_instants_are_strings() -> None:
    clock = HandClock()
    world = ZaloWorld(clock)
    sent = world.send_oa({"recipient": {"user_id": "1"}, "message": {"text": "x"}})
    zns = world.send_zns({"phone": "84912345678", "template_id": "1", "template_data": {}})
    assert all(
        isinstance(value, str) for value in (*sent.values(), zns["msg_id"], zns["sent_time"])
    )


def test_zalo_s_clock_rules() -> None:
    clock = HandClock()
    world = ZaloWorld(clock)
    pair = world.grant()
    world.check_token(pair["access_token"], "", -216, -220)
    clock.advance(hours=25)
    with pytest.raises(RefusalError) as caught:
        world.check_token(pair["access_token"], "", -216, -220)
    assert caught.value.code == -220
    world.daily_quota = 1
    zns = {"phone": "84912345678", "template_id": "1", "template_data": {}}
    clock.at = clock.at.replace(hour=3)
    world.send_zns(zns)
    with pytest.raises(RefusalError) as caught:
        world.send_zns(zns)
    assert caught.value.code == -144
    clock.at += timedelta(days=1)
    world.send_zns(zns)


def test_receipts_are_posted_to_a_webhook() -> None:
    got: list[tuple[str, bytes]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["X-ZEvent-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Webhook) as server, ZaloStandin(HandClock()) as zalo:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        zalo.world.send_zns({"phone": "84912345678", "template_id": "1", "template_data": {}})
        url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/zalo"
        try:
            assert zalo.post_receipts(url, copies=2) == [200, 200]
        finally:
            server.shutdown()
            thread.join()
    assert got[0] == got[1]
    assert got[0][0].startswith("mac=")
