"""The web server's worker: a thread only for a request that has arrived whole.

``arrival`` gathers a request, ``reply`` an answer, ``worker`` is gunicorn's worker that goes between the two.
"""
