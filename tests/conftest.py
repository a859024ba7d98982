"""What every test may rely on: PostgreSQL (embedded unless DATABASE_URL is set), and clean tables."""

from __future__ import annotations
