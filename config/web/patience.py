"""How long the web server waits for whom."""

SECONDS = 30.0
"""How long a request may take to arrive, or an answer to be taken …"""
BYTES_A_SECOND = 32 * 1024
"""… and a second more for so many bytes that have come or have to go."""
FAREWELL = 2.0
"""Seconds for a client to close, once it has its last answer."""
MOST_HELD = 512 * 1024 * 1024
"""Bytes of unfinished requests in one process; beyond, who sends more is sent away."""
HEAD_START = 0.0001
"""Seconds that a process leaves to the others for each client it has already."""
