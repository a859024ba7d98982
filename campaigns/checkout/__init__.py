"""The way of a purchase: a sale is read, judged, written and told, held, confirmed, returned and cancelled.

The doors call ``checkout``, ``holds`` and ``returns``; the rest of the folder is what these three share. Begin with
``checkout.purchase``. The module ``purchase`` is what was made of a sale: its receipt, read under its lock.
"""
