"""Questionnaires: built by staff, answered by members once, kept as attributes, rewarded as an event.

A document of questions is edited as a draft and asked as a version; what was answered stays with its version.
"""
