"""Kept bytes: every file under the hash of what it holds, in a folder or at any fsspec address.

Nothing kept is ever written over or removed. A file is read back after it is written and again when it is
asked for, and its hash compared: what comes out is what went in, or an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import fsspec

from plan.errors import DondocError, NotFoundError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class StoreError(DondocError):
    """The store does not hold what it should; nothing was recorded."""


class StoreAwayError(StoreError):
    """The store does not answer, or holds nothing at all where something is asked of it: not mounted, most
    often."""


@contextmanager
def _reached() -> Iterator[None]:
    """Each fsspec address has a library of its own, whose errors need not be OSErrors: botocore's are not."""
    try:
        yield
    except (DondocError, OSError):
        raise
    except Exception as error:
        raise StoreAwayError(
            f"Nơi lưu tệp không trả lời ({type(error).__name__}). Hãy xem máy chủ lưu tệp, DONDOC_STORE_URL "
            "và khóa truy cập rồi chạy tiếp; chưa có gì bị bỏ."
        ) from error


class Store:
    """A store of files. `url`: a folder, or `s3://bucket/path`, `memory://…`; made when first used.

    Where it cannot be reached, whatever is asked raises StoreAwayError or OSError."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self._files, self._root = fsspec.core.url_to_fs(url, **options)

    @_reached()
    def put(self, data: bytes) -> str:
        """Keep the bytes; their SHA-256, under which they are found again.

        The same bytes are kept once. Raises StoreError when what is read back differs.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if self._files.exists(path):
            self._verify(path, sha256)
            return sha256
        self._files.makedirs(self._parent(sha256), exist_ok=True)
        # A name of its own first: a reader never sees half a file, a crash leaves none behind it, and two
        # who keep the same bytes at once do not write into each other's.
        aside = f"{path}.{uuid4().hex}.part"
        try:
            with self._files.open(aside, "wb") as file:
                file.write(data)
            self._verify(aside, sha256)
            if not self._files.exists(path):
                self._files.mv(aside, path)
        finally:
            if self._files.exists(aside):
                self._files.rm_file(aside)
        self._verify(path, sha256)
        return sha256

    @_reached()
    def get(self, sha256: str) -> bytes:
        """The bytes kept under a hash. Raises NotFoundError, StoreError when they have changed."""
        path = self._path(sha256)
        if not self._files.exists(path):
            self._require_any()
            raise NotFoundError("tệp đã lưu", sha256, ())
        return self._verify(path, sha256)

    def _require_any(self) -> None:
        try:
            held = self._files.ls(self._root, detail=False)
        except FileNotFoundError:
            held = []
        if not held:
            raise StoreAwayError(
                f"Nơi lưu tệp {self.url} không có tệp nào: ổ đĩa chưa được gắn, hoặc cài đặt chỉ sai chỗ. "
                "Hãy xem lại rồi chạy tiếp; chưa có gì bị bỏ."
            )

    @_reached()
    def __contains__(self, sha256: str) -> bool:
        return bool(self._files.exists(self._path(sha256)))

    def _verify(self, path: str, sha256: str) -> bytes:
        with self._files.open(path, "rb") as file:
            data: bytes = file.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(
                f"Tệp lưu tại {path} không còn đúng như khi nhận (mã kiểm tra khác). "
                "Không dùng tệp này; hãy khôi phục từ bản sao lưu."
            )
        return data

    def _parent(self, sha256: str) -> str:
        return f"{self._root.rstrip('/')}/{sha256[:2]}"

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise NotFoundError("tệp đã lưu", sha256, ())
        return f"{self._parent(sha256)}/{sha256}"
