"""Definitions, differences and reasons as sentences, in the language of whoever reads them.

Nothing here decides: a sentence is made from the same definition that the engine runs.
"""
