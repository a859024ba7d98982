"""The member's door: the web cabinet, where points are seen, spent and shared."""
