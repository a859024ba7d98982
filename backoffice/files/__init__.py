"""Files that come in and go out: checked whole, agreed to, done by a worker where they are large.

An upload is a row in the database; only who brought it sees it. What a column may hold is in ``cells`` and ``sheets``.
"""
