"""One-time codes: those a member shows instead of a card, and those that confirm a payment with points.

They are kept hashed, live briefly and work once.
"""
