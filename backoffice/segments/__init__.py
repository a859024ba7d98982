"""Segments in the back office: their list, who is in one, and members from a file.

Who is in a segment is written by ``analytics.segments`` alone.
"""
