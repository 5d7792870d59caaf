"""Becomes another program, once it holds no more than that program needs: run as a module.

    python -m intake.programs.guard MEGABYTES SECONDS FOLDER program argument…

Memory (address space), processor time and the size of written files are bounded; below FOLDER alone it may
write, and where the kernel can hold it to that (Landlock) it reads no more than the system's own files and
opens no TCP connection. Imports little, for it is started anew for each file.
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
    "/etc",
    "/opt",
    "/proc",
    "/sys",
    "/var/lib",
    "/var/cache",
    "/var/spool/libreoffice",
)
_DEVICES = "/dev"
_MEETING = "/tmp"
"""LibreOffice's processes find each other by a socket here, wherever its profile stands."""


def main() -> None:
    megabytes, seconds, folder, *command = sys.argv[1:]
    _limit(int(megabytes), int(seconds))
    confine_program(_SYSTEM, (folder, _DEVICES), sockets=_MEETING)
    os.chdir(folder)
    os.execv(command[0], command)


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
