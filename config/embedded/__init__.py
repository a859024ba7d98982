"""PostgreSQL without an installation: the server binaries of a wheel, run below ``var/``.

``cluster`` starts, shares and stops the server, ``unprivileged`` lets root run it, and ``base`` is the
Django database backend that starts it on the first connection.
"""
