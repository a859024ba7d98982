"""The till in the browser, for shops without till software of their own: sell, take back, find receipts.

It asks the same use cases as the API; here are only the screen, the session's basket and who may stand at it.
"""
