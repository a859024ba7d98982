"""The books, to look at: accounts, transfers and lots, and the receipts they follow from.

Nothing here writes; what is done by hand is done on a member's page (``backoffice.members``).
"""
