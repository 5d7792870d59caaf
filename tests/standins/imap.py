"""Just enough of an IMAP server for reading mails, by flag or by uid, and marking them read."""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from typing import Self


class FakeImap(socketserver.ThreadingTCPServer):
    """`with FakeImap({"1": b"…"}) as imap:`; `imap.seen` are the uids marked read; `imap.commands` what was
    asked of it, `imap.token` the only OAuth2 token it takes."""

    allow_reuse_address = True

    def __init__(self, mails: dict[str, bytes], password: str = "pw") -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails = mails
        self.password = password
        self.seen: set[str] = set()
        self.commands: list[str] = []
        self.uid_validity = 1
        self.arrived = "20-Apr-2020 08:30:00 +0700"
        self.token = ""
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
            self.server.commands.append(verb)
            if verb == "AUTHENTICATE":
                self.say(f"{tag} {'OK' if self.bearer() else 'NO'} {verb}")
                continue
            self.answer(verb, words)
            refused = verb == "LOGIN" and words[2].strip('"') != self.server.password
            self.say(f"{tag} {'NO' if refused else 'OK'} {verb}")
            if verb == "LOGOUT":
                return

    def answer(self, verb: str, words: list[str]) -> None:
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        elif verb in ("SELECT", "EXAMINE"):
            self.say(f"* {len(self.server.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.server.uid_validity}] UIDs valid")
        elif verb == "UID SEARCH":
            self.say("* SEARCH " + " ".join(self.found(words[2:])))
        elif verb == "UID FETCH" and "RFC822.SIZE" in " ".join(words):
            if words[2] in self.server.mails:
                size = len(self.server.mails[words[2]])
                self.say(
                    f"* 1 FETCH (UID {words[2]} RFC822.SIZE {size} "
                    f'INTERNALDATE "{self.server.arrived}")'
                )
        elif verb == "UID FETCH":
            mail = self.server.mails[words[2]]
            if "[HEADER]" in words[3]:
                mail = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            self.wfile.write(
                f"* {words[2]} FETCH (UID {words[2]} BODY[] {{{len(mail)}}}\r\n".encode()
                + mail
                + b")\r\n"
            )
        elif verb == "UID STORE" and re.search(r"\\Seen", " ".join(words)):
            self.server.seen.add(words[2])
        elif verb == "LOGOUT":
            self.say("* BYE")

    def found(self, criteria: list[str]) -> list[str]:
        """`UNSEEN`, `SINCE day` (every mail is new enough), `UID n:*` (the newest one always)."""
        uids = sorted(self.server.mails, key=int)
        if criteria[0] == "UNSEEN":
            return [uid for uid in uids if uid not in self.server.seen]
        if criteria[0] == "UID":
            first = int(criteria[1].partition(":")[0])
            return [uid for uid in uids if int(uid) >= first] or uids[-1:]
        return uids

    def bearer(self) -> bool:
        """XOAUTH2: one challenge, one answer."""
        self.say("+ ")
        told = base64.b64decode(self.rfile.readline()).decode()
        return bool(self.server.token) and f"auth=Bearer {self.server.token}\x01" in told

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
