"""Who hears of what happened: the one table of event types and their listeners.

``NOW`` listeners run in the transaction that recorded the event; ``LATER`` ones are Celery tasks, sent
after its commit. Both are dotted paths, looked up when first needed.
"""

from __future__ import annotations

NOW: dict[str, tuple[str, ...]] = {}
LATER: dict[str, tuple[str, ...]] = {}
