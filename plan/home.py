"""The installation's folder: its owner's alone, and never taken for new when it is not."""

from __future__ import annotations

import os
from pathlib import Path

from plan.errors import RefusedError

SIGNS = ("submissions/*/*", "backups/*", "dondoc.db.truoc-*", "anchors.txt")
"""What only an installation that has worked leaves behind."""
PRIVATE = 0o077
"""What everybody but the owner may: nothing."""


def make_private(home: Path) -> None:
    """As `close_to_others`; files made from here on by this process are their owner's alone as well."""
    os.umask(PRIVATE)
    close_to_others(home)


def close_to_others(home: Path) -> None:
    """Make the folder, closed to others; close one of ours that is open."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = home.stat()
    if kept.st_uid == os.geteuid() and kept.st_mode & PRIVATE:
        home.chmod(0o700)


def require_new(home: Path) -> None:
    """`RefusedError` where data has been: an empty database there is a lost one, and a new plan loaded into
    it would hide that nothing of the old is left."""
    sign = next((path for pattern in SIGNS for path in home.glob(pattern) if path.is_file()), None)
    if sign is not None:
        raise RefusedError(
            f"Cơ sở dữ liệu trong {home} trống, nhưng ở đó từng có dữ liệu ({sign.relative_to(home)}). "
            "Không tự làm lại từ đầu. Khôi phục bản sao lưu: deploy/restore.sh; hoặc sửa DONDOC_HOME, "
            "DONDOC_DATABASE_URL. Thật muốn bắt đầu mới thì dùng một thư mục trống."
        )
