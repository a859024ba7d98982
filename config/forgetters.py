"""Who forgets what of a person who is erased: the one table. What is not in it is not forgotten.

Doors first, as they read who it was from the tables below; the person's own row goes last.
"""

from __future__ import annotations

from analytics import forgetting as analytics
from backoffice import forgetting as backoffice
from campaigns import forgetting as campaigns
from loyalty import forgetting as loyalty
from members.erasure import forgetting as members
from messaging import forgetting as messaging
from pos import forgetting as pos
from rewards import forgetting as rewards

FORGETTERS = tuple(
    app.FORGETTER for app in (pos, backoffice, campaigns, messaging, rewards, analytics, loyalty, members)
)
