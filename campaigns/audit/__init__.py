"""What the audit asks of sales: SQL that puts decisions, money, counters and coupons beside what the books say.

Rows as in ``loyalty.ledger.audit_statements``.
"""
