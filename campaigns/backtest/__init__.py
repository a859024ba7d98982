"""Backtest: what campaigns would have cost and given, had they run in a past period, on its real receipts."""
