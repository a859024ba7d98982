"""A programme as a file: its settings, tiers, partners, coupons and campaigns as YAML, written out and read in.

``snapshot`` takes what is there, ``notation`` writes and reads YAML, ``plan`` says what a file would change,
``importing`` does it. One module of ``sections`` knows each part of the document.
"""
