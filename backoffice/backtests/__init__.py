"""Backtests in the back office: asked for with a form, watched while they run, read, and laid side by side.

The numbers come from ``campaigns.backtest``; here they get their words and their place on a page.
"""
