"""Who: people, their cards and consents, and the timeline of what happened to them."""
