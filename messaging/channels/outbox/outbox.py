"""The outbox: a file of one message a line, ``var/outbox/messages.jsonl``, which its owner alone may read.

For demonstrations and training: nobody is reached, and whoever tries Regulars sees what would have been sent.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.channels.channel import EMAIL, SMS, Channel, Fault, Message, NotTaken

#: How much of the end of the file is read to show the newest messages, bytes.
READ = 256 * 1024


def find_file() -> Path:
    """Where the messages are."""
    return Path(settings.VAR) / "outbox" / "messages.jsonl"


def send(message: Message) -> str:
    """Add the message to the file, in one write, so that messages of several processes do not mix."""
    line = {"at": timezone.now().isoformat(), "channel": CHANNEL.name, **message._asdict()}
    file = find_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(file) as handle:
            os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise NotTaken(type(error).__name__, _("The message could not be sent; try again later.")) from error
    return ""


@contextmanager
def _alone(file: Path) -> Iterator[int]:
    """The file, open at its end, for this process alone: nobody writes while somebody takes lines out."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def forget(is_theirs: Callable[[str], bool]) -> None:
    """Take out the lines that are somebody's, and the letters that Django's own backend left beside the file."""
    file = find_file()
    for letter in file.parent.glob("*.log"):
        if is_theirs(_plain(letter.read_bytes())):
            letter.unlink(missing_ok=True)
    if not file.exists():
        return
    with _alone(file) as handle:
        lines = file.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not is_theirs(line.decode(errors="replace"))]
        if len(kept) < len(lines):
            os.ftruncate(handle, 0)
            os.write(handle, b"".join(kept))


def _plain(letter: bytes) -> str:
    """A letter as it is read, with what its transfer encoding hides."""
    parts = [part.get_payload(decode=True) for part in message_from_bytes(letter).walk()]
    told = [part.decode(errors="replace") for part in parts if isinstance(part, bytes)]
    return "\n".join([letter.decode(errors="replace"), *told])


def read_newest(most: int) -> list[dict[str, Any]]:
    """The newest messages, the newest first; a line that is none (cut off by a full disk) is passed over."""
    try:
        with find_file().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - READ))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return []
    found: list[dict[str, Any]] = []
    for line in reversed(lines):
        if len(found) == most:
            break
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and all(
            isinstance(entry.get(name), str) for name in ("at", *Message._fields)
        ):
            found.append(entry)
    return found


def _find_faults() -> Iterator[Fault]:
    if not settings.DEMO:
        yield Fault("", "The channel “outbox” reaches nobody: it is for the demo. Name another.", grave=False)


CHANNEL = Channel("outbox", frozenset({SMS, EMAIL}), send, _find_faults)
