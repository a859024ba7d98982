"""What is wrong in a definition, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Document = Mapping[str, Any]


class Problem(NamedTuple):
    """What is wrong in a document: the ``path`` of the field (``what[0].percent``), and how to mend it."""

    path: str
    message: str
