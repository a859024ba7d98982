"""Template tags of the till page."""
