"""Django's PostgreSQL backend on the embedded server, which is started on the first connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from config.embedded.cluster import Cluster

_clusters: dict[tuple[Path, bool], Cluster] = {}


def cluster_at(place: Path, *, durable: bool = True) -> Cluster:
    """The one ``Cluster`` of this process for a place."""
    return _clusters.setdefault((place, durable), Cluster(place, durable))


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with ``"CLUSTER": Path`` (and ``"DURABLE": bool``) in the settings instead of an address."""

    def get_connection_params(self) -> dict[str, Any]:
        """Where to connect, once the server is up."""
        cluster = cluster_at(self.settings_dict["CLUSTER"], durable=self.settings_dict.get("DURABLE", True))
        cluster.ensure(self.settings_dict.get("MAINTENANCE_NAME", "regulars"))
        return super().get_connection_params() | cluster.address
