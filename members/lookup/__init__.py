"""The one way of finding a member by what they show or say, and how phones and cards are read for it.

Every door, import and lock asks here, so that all find the same person or nobody.
"""
