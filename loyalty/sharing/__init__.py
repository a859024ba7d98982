"""Accounts that several hold: families with their rights, firms with their employees. The one writer of holders."""
