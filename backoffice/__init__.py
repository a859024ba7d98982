"""The programme manager's and the operator's door: the Django admin."""
