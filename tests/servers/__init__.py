"""Regulars on the servers of a bigger house: PostgreSQL 15, pgbouncer, Redis and RabbitMQ, as Debian has them."""
