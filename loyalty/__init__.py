"""The points ledger and what it stands on: programmes, partners, stores, products, receipts, tiers."""
