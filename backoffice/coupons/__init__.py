"""Coupons in the back office: series, batches of codes, coupons one by one, and codes that leave the house.

What a coupon may do is decided in ``rewards.coupons``; here people ask for it and see what came of it.
"""
