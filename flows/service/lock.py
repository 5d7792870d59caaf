"""One service a home: a lock that goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from plan.errors import RefusedError

FILE = "serve.lock"


@contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Hold the home until the block ends. `RefusedError` when another service holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / FILE).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RefusedError(
                f"Đôn Đốc đang chạy trên {home} (tiến trình {file.read().strip() or '?'}). Dừng nó trước, "
                "hoặc chọn thư mục khác bằng DONDOC_HOME."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def served_by(home: Path) -> int | None:
    """The process that serves this home now; None: nobody."""
    path = home / FILE
    if not path.is_file():
        return None
    with path.open("r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number = file.read().strip()
            return int(number) if number.isdigit() else 0
    return None


def require_free(host: str, ports: Mapping[str, int]) -> None:
    """`RefusedError` when something else listens on one of these ports. Keys: the settings' names."""
    for setting, port in ports.items():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                raise RefusedError(
                    f"Không mở được cổng {port} trên {host} ({error.strerror}). Nếu một chương trình khác "
                    f"đang dùng cổng này, hãy đặt {setting} sang số khác."
                ) from None
