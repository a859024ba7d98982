"""The public site of a programme, for whoever is no member yet: what it gives, its rules, stores, and landing pages.

Nobody logs in here, and a login of the cabinet is not seen here either: its cookie is for the cabinet's paths alone.
"""
