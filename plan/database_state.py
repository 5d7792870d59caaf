"""Whether the database can be used, and when it cannot: why, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError

from plan.database import HEAD, MIGRATIONS, version
from plan.errors import SettingsError


class Unusable(NamedTuple):
    """In words for the operator."""

    words: str
    what_to_do: str


LATER = Unusable(
    f"Cơ sở dữ liệu thuộc bản mới hơn chương trình này ({HEAD}).",
    "Dùng bản mới, hoặc khôi phục bản sao lưu trước khi nâng cấp (deploy/README.md, «Quay lại bản cũ»).",
)
OLDER = Unusable(
    "Cơ sở dữ liệu thuộc bản cũ hơn chương trình này.",
    "Khởi động lại dịch vụ, hoặc chạy: dondoc init (nhiều máy: dondoc cluster upgrade).",
)
EMPTY = Unusable("Cơ sở dữ liệu chưa có bảng nào của Đôn Đốc.", "Chạy: dondoc init")


def unusable(engine: Engine) -> Unusable | None:
    """None: it answers and has the tables this program needs."""
    file = _file(engine.url)
    if file is not None and not file.exists():
        return Unusable(
            f"Chưa có cơ sở dữ liệu {file}.",
            "Kiểm tra DONDOC_HOME, DONDOC_DATABASE_URL; lần đầu thì chạy: dondoc init",
        )
    try:
        stands = version(engine)
    except SQLAlchemyError as error:
        return why(error, engine.url)
    if stands == HEAD:
        return None
    if not stands:
        return EMPTY
    return OLDER if list((MIGRATIONS / "versions").glob(f"{stands}_*.py")) else LATER


def require_usable(engine: Engine) -> None:
    """`SettingsError` with why not and what to do."""
    fault = unusable(engine)
    if fault is not None:
        raise SettingsError(f"{fault.words} {fault.what_to_do}")


def why(error: SQLAlchemyError, url: URL) -> Unusable:
    """What an error of the driver means for whoever keeps the machine."""
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        return Unusable(
            f"Không kết nối được cơ sở dữ liệu {where}.",
            "Bật máy chủ PostgreSQL; hoặc sửa DONDOC_DATABASE_URL.",
        )
    reason = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DatabaseError) and not isinstance(error, OperationalError):
        return Unusable(
            f"Tệp cơ sở dữ liệu {url.database} hỏng ({reason}).",
            "Dừng dịch vụ, rồi khôi phục bản sao lưu gần nhất: deploy/restore.sh",
        )
    return Unusable(
        f"Không mở được tệp cơ sở dữ liệu {url.database} ({reason}).",
        "Kiểm tra quyền của tài khoản đang chạy, chỗ trống trên đĩa.",
    )


def _file(url: URL) -> Path | None:
    named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if named else None
