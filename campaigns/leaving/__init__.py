"""Leaving a programme: what it costs, the wait in which it can be taken back, and the erasure at its end."""
