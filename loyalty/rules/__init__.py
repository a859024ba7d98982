"""The arithmetic of points as pure functions over frozen values: expiry, lots, spending, rounding, tiers.

No database, no clock, no framework: by contract.
"""
