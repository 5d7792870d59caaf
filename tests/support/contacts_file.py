"""A file of contacts, as an office hands it in."""

from __future__ import annotations

from pathlib import Path

HEAD = "agency,name,role,is_head,email,phone,zalo_user_id,zalo_chat_id\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "danh-ba.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path
