"""Coupons: series, codes, batches, coupons on receipts, given by hand, expired and drawn as pictures.

``coupons`` is what the checkout calls; whether one may be used is a pure rule in ``usability``.
"""
