"""Who runs the embedded PostgreSQL: ourselves, or, when we are root, somebody who is not."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("unprivileged.py")


class PlaceError(Exception):
    """The database cannot live here; the text is one sentence for a person, with the way out."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The words put before a server command, and who must own the server's files (``None``: we do)."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None


def choose(place: Path, binaries: Path) -> Identity:
    """Decide who runs the server whose data lies in ``place / "data"``; raise ``PlaceError`` if nobody can.

    An ordinary user runs it as themselves. Root keeps the files' owner: if that is somebody else, the
    server runs as them; if it is root, in a user namespace; failing that as ``nobody``, who then owns
    ``place`` and nothing else, if the way to it is open to others.
    """
    if os.geteuid() != 0:
        return Identity()
    data = place / "data"
    owner = _nearest(data).stat()
    if owner.st_uid != 0:
        return _dropped(owner.st_uid, owner.st_gid)
    nobody = _nobody()
    namespaced = Identity(prefix=_wrapped("namespace", str(nobody.pw_uid)))
    if _works(namespaced, binaries):
        return namespaced
    closed = first_closed(place.parent) or first_closed(binaries)
    if closed is None and not data.exists():
        return _dropped(nobody.pw_uid, nobody.pw_gid)
    raise PlaceError(
        "PostgreSQL does not run as root, this system has no user namespaces to run it in, and "
        f"{closed or data} is closed to every other user: start Regulars as an ordinary user, "
        "or set DATABASE_URL."
    )


def first_closed(path: Path) -> Path | None:
    """The topmost folder on the way to ``path`` that other users may not pass, or ``None``."""
    for folder in (*reversed(path.parents), path):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _wrapped(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-I", str(SCRIPT), *words)


def _dropped(uid: int, gid: int) -> Identity:
    return Identity(prefix=_wrapped("uid", str(uid), str(gid)), owner=(uid, gid))


def _nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _nobody() -> pwd.struct_passwd:
    """An account for the server's own look-up of its name: initdb fails on a number without one."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)


def _works(identity: Identity, binaries: Path) -> bool:
    command = [*identity.prefix, str(binaries / "postgres"), "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
