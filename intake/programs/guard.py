"""Becomes another program, once it holds no more than that program needs: run as a module.

    python -m intake.programs.guard MEGABYTES SECONDS FOLDER program argument…

Memory (address space), processor time and the size of written files are bounded; below FOLDER alone it may
write, and where the kernel can hold it to that (Landlock, seccomp) it reads no more than programs, fonts and
their settings, and reaches no network. Imports little, for it is started anew for each file.
"""

from __future__ import annotations

import os
import sys

from intake.confine import confine_program

_MEGABYTE = 1024 * 1024
_LARGEST_FILE = 256 * _MEGABYTE
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/etc/localtime",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
)
"""Named one by one: secrets stand beside them (a home below /var/lib, settings in /etc, other processes'
environments in /proc)."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_ADDED = "/opt/"
"""Where a program of another maker has a folder of its own."""
_MEETING = "/tmp"
"""LibreOffice waits here for others of its kind, wherever its profile is; otherwise it does not start."""


def main() -> None:
    megabytes, seconds, folder, *command = sys.argv[1:]
    _limit(int(megabytes), int(seconds))
    readable = (*_SYSTEM, *_own_folder(command[0]))
    confine_program(readable, (folder, *_DEVICES), sockets=_MEETING)
    os.chdir(folder)
    os.execv(command[0], command)


def _own_folder(program: str) -> tuple[str, ...]:
    path = os.path.realpath(program)
    folder, _, inside = path.removeprefix(_ADDED).partition("/")
    return (_ADDED + folder,) if path.startswith(_ADDED) and inside else ()


def _limit(megabytes: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:
        return
    space = megabytes * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
