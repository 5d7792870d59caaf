"""Just enough of an IMAP server for reading unread mails and marking them read."""

from __future__ import annotations

import re
import socketserver
import threading
from typing import Self


class FakeImap(socketserver.ThreadingTCPServer):
    """`with FakeImap({"1": b"…"}) as imap:`; `imap.seen` are the uids marked read."""

    allow_reuse_address = True

    def __init__(self, mails: dict[str, bytes], password: str = "pw") -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails = mails
        self.password = password
        self.seen: set[str] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"imap://bounces:{self.password}@127.0.0.1:{self.server_address[1]}/INBOX"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Talk(socketserver.StreamRequestHandler):
    server: FakeImap
    timeout = 10

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _, rest = line.partition(" ")
            words = rest.split()
            verb = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            self.answer(verb, words)
            refused = verb == "LOGIN" and words[2].strip('"') != self.server.password
            self.say(f"{tag} {'NO' if refused else 'OK'} {verb}")
            if verb == "LOGOUT":
                return

    def answer(self, verb: str, words: list[str]) -> None:
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif verb == "SELECT":
            self.say(f"* {len(self.server.mails)} EXISTS")
        elif verb == "UID SEARCH":
            unread = [uid for uid in self.server.mails if uid not in self.server.seen]
            self.say("* SEARCH " + " ".join(unread))
        elif verb == "UID FETCH":
            mail = self.server.mails[words[2]]
            self.wfile.write(
                f"* {words[2]} FETCH (UID {words[2]} BODY[] {{{len(mail)}}}\r\n".encode()
                + mail
                + b")\r\n"
            )
        elif verb == "UID STORE" and re.search(r"\\Seen", " ".join(words)):
            self.server.seen.add(words[2])
        elif verb == "LOGOUT":
            self.say("* BYE")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
