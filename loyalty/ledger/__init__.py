"""The books: the one writer of points, what is read from it, what sweeps it, and the audit that proves it.

Entries by hand and their reversals are here too. The arithmetic is in ``loyalty.rules``.
"""
