"""The mailbox: read by uid with its flags left alone, signed in with a password or a token."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from intake.mail.imap import (
    MailboxError,
    OAuth,
    envelope,
    fetched,
    opened,
    parse_imap_url,
    uid_validity,
    uids_after,
    uids_since,
)
from plan.errors import SettingsError
from tests.standins.imap import FakeImap


def test_mails_are_read_by_uid_and_their_flags_left_alone() -> None:
    with FakeImap({"3": b"A: b\r\n\r\nx", "12": b"C: d\r\n\r\nyy"}) as server:
        with opened(parse_imap_url(server.url), 5, readonly=True) as imap:
            assert uid_validity(imap) == 1
            assert uids_since(imap, date(2020, 4, 1)) == [3, 12]
            assert uids_after(imap, 3) == [12]
            assert uids_after(imap, 12) == []
            found = envelope(imap, 12)
            assert found is not None
            assert (found.size, found.at) == (10, datetime.fromisoformat("2020-04-20T01:30Z"))
            assert envelope(imap, 99) is None
            assert fetched(imap, 12) == b"C: d\r\n\r\nyy"
            assert fetched(imap, 12, "HEADER") == b"C: d\r\n\r\n"
        assert not server.seen
        assert "EXAMINE" in server.commands
        assert "UID STORE" not in server.commands


class _Provider(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - one list for the one test

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(form)
        good = "client_secret=khoa" in form
        body = json.dumps({"access_token": "the-token"} if good else {"error": "no"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_token_signs_in_and_a_wrong_secret_does_not() -> None:
    provider = HTTPServer(("127.0.0.1", 0), _Provider)
    thread = threading.Thread(target=provider.serve_forever, args=(0.05,))
    thread.start()
    url = f"http://127.0.0.1:{provider.server_address[1]}/token"
    try:
        with FakeImap({"1": b"A: b\r\n\r\n"}) as server:
            server.token = "the-token"
            for refresh, grant in (("", "client_credentials"), ("cu", "refresh_token")):
                oauth = OAuth(url, "ung-dung", "khoa", refresh)
                with opened(parse_imap_url(server.url, "DONDOC_INBOX_URL", oauth), 5) as imap:
                    assert uids_after(imap, 0) == [1]
                assert f"grant_type={grant}" in _Provider.asked[-1]
            wrong = parse_imap_url(server.url, "X", OAuth(url, "ung-dung", "sai"))
            with pytest.raises(SettingsError) as caught, opened(wrong, 5):
                pass
            assert "sai" not in str(caught.value).replace("bên cấp không cho", "")
            server.token = "another"
            box = parse_imap_url(server.url, "X", OAuth(url, "ung-dung", "khoa"))
            with pytest.raises(MailboxError), opened(box, 5):
                pass
    finally:
        provider.shutdown()
        thread.join()
        provider.server_close()
