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

BATCH = 500
"""Số tệp xuống đĩa cùng một lần."""


def intact(path: Path) -> bool:
    """Có tệp, và nội dung đúng với tên."""
    return path.is_file() and digest_of(path) == path.name


def digest_of(path: Path) -> str:
    """SHA-256 của nội dung."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_all(source: Path, target: Path, names: list[str]) -> list[str]:
    """Chép từng đợt: ra tên tạm, so mã, xuống đĩa cả đợt một lần (fsync từng tệp chậm gấp nhiều lần), rồi
    mới đổi tên. Trả về tên tệp mà nơi lấy thiếu hay hỏng."""
    bad = []
    for start in range(0, len(names), BATCH):
        ready: dict[Path, Path] = {}
        try:
            for name in names[start : start + BATCH]:
                here = target / name
                aside = here.with_name(f"{here.name}.{os.getpid()}.part")
                ready[aside] = here
                if not copied(source / name, aside, here.name):
                    bad.append(name)
                    aside.unlink(missing_ok=True)
                    del ready[aside]
            os.sync()
            for aside, here in ready.items():
                aside.replace(here)
        finally:
            for aside in ready:
                aside.unlink(missing_ok=True)
    os.sync()
    return bad


def copied(there: Path, aside: Path, digest: str) -> bool:
    """Chép một tệp ra tên tạm. False: nơi lấy thiếu, hay nội dung không đúng với tên."""
    if not there.is_file():
        return False
    aside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(there, aside)
    shutil.copystat(there, aside)
    return digest_of(aside) == digest


def main(words: list[str]) -> int:
    """Làm việc được gọi; số tệp xấu quyết định mã thoát."""
    names = Path(words[-1]).read_text("ascii").split()
    if words[0] == "check":
        folder = Path(words[1])
        bad = [name for name in names if not intact(folder / name)]
    else:
        source, target = Path(words[1]), Path(words[2])
        wanted = [name for name in names if not intact(target / name)]
        bad = copy_all(source, target, wanted)
    for name in bad[:20]:
        print(f"Tệp {name} thiếu hoặc không còn đúng như khi nhận.", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
