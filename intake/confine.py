"""What a reader of strangers' files gives up before the first of them: new privileges, the network, other
programs, other files. Linux alone knows how (Landlock for files, seccomp for calls); elsewhere, and in
kernels without them, less is held, and `missing` says so.

Sources: landlock(7), seccomp(2), prctl(2); numbers of calls from the kernel's tables for each machine.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _GET_SECCOMP, _FILTER = 38, 22, 21, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_AND_REMOVE = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8)  # folders and plain files
_MAKE_SOCKET, _REMOVE_FILE = 1 << 9, 1 << 5
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Since which version of Landlock → how many rights over files there are."""
_TRUNCATE, _TRUNCATE_SINCE, _TCP_SINCE, _SCOPES_SINCE = 1 << 14, 3, 4, 6
_ON_PLAIN_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE


class _Machine(NamedTuple):
    audit: int
    column: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 0), "aarch64": _Machine(0xC00000B7, 1)}
_OTHER_WAY_TO_CALL = 0x4000_0000
"""x86_64 knows every call a second time (x32) from here on."""
FORBIDDEN = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    "accept4": (288, 242),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}
"""Calls that reading a file never makes → their number by machine, in the order of `_MACHINES`."""
_OF_A_PROGRAM = frozenset({"execve", "socket", "socketpair", "bind", "listen", "accept", "accept4"})
"""Calls that a program makes all the same: it starts others, and waits at a socket of its own. It connects
to none: a database on this machine may take whoever comes by its socket for us."""
_LOCAL_ONLY = ("socket", "socketpair")
"""Calls whose first argument is a family of addresses; of these no more than AF_UNIX is granted."""
_AF_UNIX = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("beneath", ctypes.c_int32))


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("then", ctypes.c_uint8),
        ("otherwise", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def missing() -> tuple[str, ...]:
    """What this machine cannot hold a reader of files to, in Vietnamese; empty: it holds all."""
    if not sys.platform.startswith("linux"):
        return ("không mở mạng", "không đọc tệp khác", "không thêm quyền")
    found = []
    if platform.machine() not in _MACHINES or _libc().prctl(_GET_SECCOMP, 0, 0, 0, 0) < 0:
        found.append("không mở mạng (seccomp)")
    if landlock_version() < 1:
        found.append("không đọc tệp khác (Landlock)")
    return tuple(found)


def confine(readable: Iterable[str], writable: Sequence[str] = ()) -> None:
    """From now on this process, whatever it comes to run, reads beneath `readable` only, writes beneath
    `writable` only, speaks to no network and starts no program. As far as the machine can (`missing`);
    OSError where it can and yet refused."""
    if not sys.platform.startswith("linux"):
        return
    _require(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    version = landlock_version()
    if version >= 1:
        _bound_files(version, readable, writable)
    _bound_calls()


def confine_program(readable: Iterable[str], writable: Sequence[str], sockets: str) -> None:
    """The same for a program of its own that this process is about to become: it may start others and wait
    at local sockets (AF_UNIX), which it may make beneath `sockets`, but connects to nobody, has no socket of
    a network and touches no other files. As far as the machine can."""
    if not sys.platform.startswith("linux"):
        return
    _require(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    version = landlock_version()
    if version >= 1:
        _bound_files(version, readable, writable, sockets)
    _bound_calls(granted=_OF_A_PROGRAM)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _require(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def landlock_version() -> int:
    return int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))


def _bound_files(
    version: int, readable: Iterable[str], writable: Sequence[str], sockets: str = ""
) -> None:
    """`sockets`: beneath it they may be made and removed, and beneath `writable` anything."""
    known = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    rules = _Ruleset(
        files=(1 << known) - 1,
        net=3 if version >= _TCP_SINCE else 0,
        scoped=3 if version >= _SCOPES_SINCE else 0,
    )
    # A kernel refuses a longer structure than it knows.
    size = 8 * (1 + (version >= _TCP_SINCE) + (version >= _SCOPES_SINCE))
    ruleset = _require(
        _libc().syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    )
    try:
        read = _EXECUTE | _READ | _LIST  # code is mapped, which asks for no more than reading
        write = _READ | _LIST | _WRITE | _MAKE_AND_REMOVE
        write |= _TRUNCATE if version >= _TRUNCATE_SINCE else 0
        write = rules.files if sockets else write
        meet = (_MAKE_SOCKET | _REMOVE_FILE) if sockets else 0
        for paths, rights in (
            (readable, read),
            (writable, write),
            ([sockets] if sockets else [], meet),
        ):
            for path in paths:
                _allow(ruleset, path, rights)
        _require(_libc().syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Nothing where there is no such path: then there is nothing to read."""
    with suppress(FileNotFoundError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = rights if os.path.isdir(path) else rights & _ON_PLAIN_FILES
            rule = _Rule(allowed, place)
            _require(_libc().syscall(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(rule), 0))
        finally:
            os.close(place)


_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = (
    0,
    4,
    16,
)  # its lower half: both machines are little-endian
_KILL, _REFUSE, _GO_ON = 0x8000_0000, 0x0005_0000 | 1, 0x7FFF_0000  # refused: EPERM


def _bound_calls(granted: frozenset[str] = frozenset()) -> None:
    """Refuses the forbidden calls that are not `granted`, and of the granted sockets all but local ones."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or _libc().prctl(_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return
    steps = _steps(machine, granted)
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    _require(_libc().prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0))


def _steps(machine: _Machine, granted: frozenset[str]) -> list[_Step]:
    """Each `then` and `otherwise` counts the steps to pass over."""
    numbers = {name: row[machine.column] for name, row in FORBIDDEN.items()}
    never = [number for name, number in numbers.items() if name not in granted]
    local = [numbers[name] for name in _LOCAL_ONLY if name in granted]
    asked = len(never) + len(local)
    return [
        _Step(_LOAD, 0, 0, _ARCHITECTURE),
        _Step(_EQUAL, 1, 0, machine.audit),
        _Step(_RETURN, 0, 0, _KILL),
        _Step(_LOAD, 0, 0, _NUMBER),
        _Step(_AT_LEAST, asked + 3, 0, _OTHER_WAY_TO_CALL),
        *(_Step(_EQUAL, asked - i + 2, 0, number) for i, number in enumerate(never)),
        *(_Step(_EQUAL, len(local) - i, 0, number) for i, number in enumerate(local)),
        _Step(_RETURN, 0, 0, _GO_ON),
        _Step(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _Step(_EQUAL, 1, 0, _AF_UNIX),
        _Step(_RETURN, 0, 0, _REFUSE),
        _Step(_RETURN, 0, 0, _GO_ON),
    ]
