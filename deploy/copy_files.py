"""Được backup.sh và restore.sh gọi: chép tệp nộp theo danh sách, mỗi tệp mang tên là SHA-256 của nội dung.

    copy_files.py check THƯ-MỤC DANH-SÁCH          mọi tệp trong danh sách đều có và đúng
    copy_files.py copy TỪ ĐẾN DANH-SÁCH            chép tệp thiếu hay hỏng ở ĐẾN: ra tên tạm, so mã, đổi tên

Mã thoát 1 và tên tệp khi có tệp thiếu hay hỏng ở nơi lấy. Bị ngắt thì chạy lại: tên thật chỉ mang tệp đủ.
Chỉ cần Python, không cần Đôn Đốc: khôi phục được cả khi chưa cài xong.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path


def intact(path: Path) -> bool:
    """Có tệp, và nội dung đúng với tên."""
    return path.is_file() and digest_of(path) == path.name


def digest_of(path: Path) -> str:
    """SHA-256 của nội dung."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> bool:
    """Chép một tệp, trọn vẹn hoặc không gì cả. False: nơi lấy thiếu hay hỏng."""
    if not source.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with source.open("rb") as there, aside.open("wb") as here:
            shutil.copyfileobj(there, here, 1 << 20)
            here.flush()
            os.fsync(here.fileno())
        if digest_of(aside) != target.name:
            return False
        shutil.copystat(source, aside)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return True


def main(words: list[str]) -> int:
    """Làm việc được gọi; số tệp xấu quyết định mã thoát."""
    names = Path(words[-1]).read_text("ascii").split()
    if words[0] == "check":
        folder = Path(words[1])
        bad = [name for name in names if not intact(folder / name)]
    else:
        source, target = Path(words[1]), Path(words[2])
        wanted = [name for name in names if not intact(target / name)]
        bad = [name for name in wanted if not copy(source / name, target / name)]
    for name in bad[:20]:
        print(f"Tệp {name} thiếu hoặc không còn đúng như khi nhận.", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
