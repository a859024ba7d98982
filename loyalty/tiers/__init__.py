"""Ladders of programmes in the database, as sentences, and the history of members' tiers.

Which tier a member holds is decided by ``loyalty.rules.tiers``.
"""
