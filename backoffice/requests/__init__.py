"""Requests for help: read, taken, answered and closed by staff."""
