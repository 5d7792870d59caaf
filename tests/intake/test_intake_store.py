"""Kept bytes: what comes out is what went in, or an error."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.files.store import Store, StoreAwayError, StoreError
from plan.errors import NotFoundError
from tests.support.service_kit import free_port


def kept(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def test_bytes_are_kept_under_their_hash(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "kept"))
    sha256 = store.put("báo cáo".encode())
    assert sha256 == hashlib.sha256("báo cáo".encode()).hexdigest()
    assert store.get(sha256) == "báo cáo".encode()
    assert sha256 in store
    assert kept(tmp_path / "kept", sha256).read_bytes() == "báo cáo".encode()


def test_the_same_bytes_are_kept_once_and_never_written_over(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    sha256 = store.put(b"one")
    path = kept(tmp_path, sha256)
    path.chmod(0o444)
    before = path.stat()
    assert store.put(b"one") == sha256
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert [one.name for one in path.parent.iterdir()] == [sha256]


def test_the_same_bytes_from_many_at_once_are_kept_once(tmp_path: Path) -> None:
    data = bytes(range(256)) * 2_000
    together = threading.Barrier(6)

    def put(_: int) -> str:
        store = Store(str(tmp_path))
        together.wait()
        return store.put(data)

    with ThreadPoolExecutor(6) as pool:
        [sha256] = set(pool.map(put, range(6)))
    assert [one.name for one in kept(tmp_path, sha256).parent.iterdir()] == [sha256]
    assert Store(str(tmp_path)).get(sha256) == data


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    sha256 = store.put(b"one")
    kept(tmp_path, sha256).write_bytes(b"two")
    with pytest.raises(StoreError, match="không còn đúng"):
        store.get(sha256)
    with pytest.raises(StoreError):
        store.put(b"one")
    assert kept(tmp_path, sha256).read_bytes() == b"two", "not even a damaged file is written over"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "Z" * 64, "0" * 64])
def test_only_hashes_of_kept_files_are_found(tmp_path: Path, name: str) -> None:
    store = Store(str(tmp_path))
    store.put(b"one")
    with pytest.raises(NotFoundError):
        store.get(name)


def test_a_store_that_is_not_mounted_is_told_from_a_file_that_is_lost(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(StoreAwayError, match="ổ đĩa"):
            Store(str(root)).get("0" * 64)


def test_an_address_whose_library_raises_errors_of_its_own_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """botocore's EndpointConnectionError and NoCredentialsError are no OSErrors."""
    for key, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(key, value)
    nobody = {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    store = Store(
        "s3://none/here", client_kwargs=nobody, config_kwargs={"retries": {"max_attempts": 0}}
    )
    for asked in (
        lambda: store.get("0" * 64),
        lambda: store.put(b"one"),
        lambda: "0" * 64 in store,
    ):
        with pytest.raises(StoreAwayError, match="không trả lời"):
            asked()


@given(st.binary(max_size=200))
def test_any_fsspec_address_will_do(data: bytes) -> None:
    store = Store("memory://kept/here")
    assert store.get(store.put(data)) == data


def test_a_write_cut_short_is_not_taken_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path))
    whole = store._verify

    def damaged(path: str, sha256: str) -> bytes:
        Path(path).write_bytes(b"hal")
        return whole(path, sha256)

    monkeypatch.setattr(store, "_verify", damaged)
    with pytest.raises(StoreError):
        store.put(b"half of it")
    monkeypatch.undo()
    assert hashlib.sha256(b"half of it").hexdigest() not in store
    assert store.get(store.put(b"half of it")) == b"half of it"
