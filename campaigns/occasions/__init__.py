"""Occasions to reward a member beside purchases: events reported and our own, days, friends, joining.

They find or record the event; ``checkout.events`` judges and books it.
"""
