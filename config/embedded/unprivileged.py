"""Run a command as somebody who is not root; PostgreSQL refuses to be started by root.

Run as a script in a process of its own, so that nothing else is changed::

    python -I unprivileged.py namespace 65534 COMMAND ...
    python -I unprivileged.py uid 1000 1000 COMMAND ...

``namespace`` gives root another number inside a user namespace: outside it the files still belong to
root, so no account is made, no owner changed and no folder opened to others. ``uid`` gives up root
for good, for a place that already belongs to somebody else or a system without user namespaces.
"""

from __future__ import annotations

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000


def enter_namespace(uid: int) -> None:
    """Move this process into a user namespace where root is ``uid``; raise ``OSError`` where not allowed."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{uid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def drop_to(uid: int, gid: int) -> None:
    """Become ``uid`` and ``gid`` without other groups, for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Become somebody else as told, then turn into the command."""
    if arguments[0] == "namespace":
        enter_namespace(int(arguments[1]))
        command = arguments[2:]
    else:
        drop_to(int(arguments[1]), int(arguments[2]))
        command = arguments[3:]
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
