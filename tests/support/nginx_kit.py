"""The real nginx with the site that deploy/ gives, on loopback and ports of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.service_kit import PATIENCE, free_port

SITE = Path(__file__).parent.parent.parent / "deploy" / "nginx" / "dondoc.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
"""Empty: not on this machine."""
BODIES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def make_certificate(folder: Path) -> None:
    """A certificate of one's own, for `localhost`: fullchain.pem and privkey.pem."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)


@dataclass(frozen=True)
class Front:
    """Where the site answers, and the certificate to trust."""

    plain: str
    https: str
    certificate: Path


@contextmanager
def in_front_of(pages_port: int, https_port: int, folder: Path) -> Iterator[Front]:
    """nginx with `SITE` before the pages on this port, until the block ends."""
    make_certificate(folder)
    plain_port = free_port()
    (folder / "site.conf").write_text(_moved(pages_port, plain_port, https_port, folder), "utf-8")
    as_us = "user root;" if os.geteuid() == 0 else ""  # else its workers may not enter `folder`
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in BODIES)
    (folder / "nginx.conf").write_text(
        f"{as_us} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    with subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf")]) as process:
        try:
            _wait_for(folder / "pid", process)
            localhost = f"https://localhost:{https_port}"
            yield Front(f"http://localhost:{plain_port}", localhost, folder / "fullchain.pem")
        finally:
            process.terminate()


def _moved(pages_port: int, plain_port: int, https_port: int, folder: Path) -> str:
    """The site as it is, but for names, ports and the certificate's place."""
    text = re.sub(r"^ *listen \[::\].*\n", "", SITE.read_text("utf-8"), flags=re.M)
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{https_port} ssl;"),
        ("dondoc.tinh.example", "localhost"),
        ("/etc/nginx/tls", str(folder)),
        ("127.0.0.1:8020", f"127.0.0.1:{pages_port}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


def _wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + PATIENCE
    while not file.exists():
        assert process.poll() is None, "nginx did not start"
        assert time.monotonic() < ends
        time.sleep(0.02)
