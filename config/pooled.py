"""The broker in PostgreSQL behind a pooler in transaction mode: connections on which nothing is prepared."""

from __future__ import annotations

from typing import Any

from kombu.transport import pgmq
from pgmq import PGMQueue
from psycopg_pool import ConnectionPool


class Transport(pgmq.Transport):  # type: ignore[misc]
    """Kombu's transport with a pool of its own: the library's prepares what it has asked five times."""

    def _create_pgmq_client(self) -> Any:
        client: Any = self.client
        options = client.transport_options
        pool = ConnectionPool(
            options["conn_string"],
            min_size=1,
            max_size=options["pool_size"],
            kwargs={"prepare_threshold": None},
            open=True,
        )
        return _Queue(pool=pool, vt=int(options["visibility_timeout"]), init_extension=False)


class _Queue(PGMQueue):  # type: ignore[misc]
    """Closes the pool that was made for it."""

    def close(self) -> None:
        if self.pool is not None:
            self.pool.close()
        super().close()
