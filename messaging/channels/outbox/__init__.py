"""The demo's outbox: messages in a file, which a page shows."""
