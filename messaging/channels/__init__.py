"""The ways in which a message leaves the house: one folder a channel, all of them in ``table``."""
