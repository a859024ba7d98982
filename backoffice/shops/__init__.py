"""Where things are sold and what: partners, stores, tills and their keys, goods, categories and sets.

A key is shown once, when it is made.
"""
