"""Text messages, by whatever gateway speaks HTTP: what is asked of it is written in the settings."""
