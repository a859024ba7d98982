"""Programmes, their rules in plain words, their ladders, and a programme as a file.

Whatever is saved here makes a new rulebook, in force from that moment.
"""
