"""Leaving, and being erased: the wish, the wait, and the one door by which append-only tables let go of a person.

What each app keeps of people it forgets by itself (``<app>/forgetting.py``); ``config.forgetters`` is the list.
"""
