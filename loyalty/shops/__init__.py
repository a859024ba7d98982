"""Where points are earned and spent: stores, what they were in the past, their goods and receipts, and who takes part.

Most of it is remembered by each process, and forgotten when somebody changes it.
"""
