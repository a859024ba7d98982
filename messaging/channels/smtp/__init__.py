"""E-mail, by SMTP or whatever else Django's ``EMAIL_BACKEND`` is."""
