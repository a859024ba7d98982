"""What we say: messages to members by channels, and what other systems hear of events (webhooks)."""
