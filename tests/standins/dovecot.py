"""A real IMAP server (Dovecot) of its own: a folder, a port on loopback, one mailbox."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("dovecot") or next(
    (path for path in ("/usr/sbin/dovecot",) if os.path.exists(path)), None
)
USER, PASSWORD = "nhan", "mat-khau"
_START_SECONDS = 15


@dataclass(frozen=True)
class Dovecot:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    @contextmanager
    def signed_in(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as box:
            box.login(USER, PASSWORD)
            yield box

    def put(self, raw: bytes, at: float, folder: str = "INBOX") -> None:
        """A mail into the box, as having come at that time (seconds since the epoch)."""
        with self.signed_in() as box:
            status, said = box.append(folder, "", imaplib.Time2Internaldate(at), raw)
            assert status == "OK", said

    def flags(self) -> list[bytes]:
        """What each mail is marked with."""
        with self.signed_in() as box:
            box.select("INBOX", readonly=True)
            _, found = box.fetch("1:*", "(FLAGS)")
            return [one for one in found if isinstance(one, bytes)]


@contextmanager
def running() -> Iterator[Dovecot]:
    """A server that is gone, with all it held, at the end."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)  # its processes run as users of their own
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (folder / "mail").mkdir()
    os.chown(folder / "mail", *_owner())
    config = folder / "dovecot.conf"
    config.write_text(_config(folder, port), encoding="utf-8")
    process = subprocess.Popen(
        [PROGRAM, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, folder)
        yield Dovecot(port)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> tuple[int, int]:
    """Whose the mails are: Dovecot keeps none for root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _config(folder: Path, port: int) -> str:
    uid, gid = _owner()
    mine, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    # Root's server runs its processes as the package's users; anybody else's as themselves.
    users = (
        ""
        if os.getuid() == 0
        else f"default_internal_user = {mine}\ndefault_login_user = {mine}\n"
        f"default_internal_group = {group}\n"
    )
    return f"""
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
first_valid_uid = 0
first_valid_gid = 0
{users}mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


def _wait(port: int, folder: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with socket.socket() as trial:
            trial.settimeout(2)
            if trial.connect_ex(("127.0.0.1", port)) == 0 and trial.recv(64).startswith(b"* OK"):
                return
        time.sleep(0.1)
    log = folder / "log"
    raise RuntimeError(log.read_text() if log.exists() else "dovecot did not start")
