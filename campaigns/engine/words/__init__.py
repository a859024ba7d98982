"""The words of a definition, one module each: every condition and every effect, with all that belongs to it.

``word`` says what a word is made of, ``campaigns.engine.vocabulary`` lists them; all tables are built from that list.
"""
