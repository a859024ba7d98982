"""Questionnaires in the back office: their list, the builder of their questions, and what was answered.

What may be asked, when, and what finishing brings is decided in ``campaigns.questionnaires``.
"""
