"""Ways in which a request is refused. The doors turn them into their own errors; codes are public and stable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _


class Fault(NamedTuple):
    """One thing that is wrong with the input: where, a code for programs, and how to mend it."""

    field: str
    code: str
    detail: str


class Refusal(Exception):
    """Base of everything that a door tells its client. ``code`` is stable, ``detail`` is for people."""

    def __init__(self, code: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.code, self.detail, self.faults = code, detail, tuple(faults)


class Invalid(Refusal):
    """The request itself is malformed (400)."""

    def __init__(self, *faults: Fault) -> None:
        detail = " ".join(
            f"{fault.field}: {fault.detail}" if fault.field else fault.detail for fault in faults
        )
        super().__init__("invalid", detail, faults)


class Forbidden(Refusal):
    """The client may not do this here (403)."""


class Missing(Refusal):
    """There is no such thing (404)."""


class Conflict(Refusal):
    """The same key came with other content, or the thing exists already (409)."""


class Gone(Refusal):
    """It was there, and whom it was about was erased (410)."""

    def __init__(self) -> None:
        super().__init__(
            "erased", _("This was about somebody who was erased: nothing of it is left to tell.")
        )


class Refused(Refusal):
    """A well-formed request that the rules refuse (422)."""


class TooMany(Refusal):
    """Too many tries; after ``wait`` there may be another one (429)."""

    def __init__(self, wait: timedelta, detail: str) -> None:
        super().__init__("throttled", detail)
        self.wait = wait


class Unexpected(Refusal):
    """Something that nobody foresaw went wrong here with one of several requests (500)."""

    def __init__(self) -> None:
        super().__init__("internal_error", _("Something went wrong here; send the same request again later."))
