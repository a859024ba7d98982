"""What we know: facts of members, on which tiers stand, and segments."""
