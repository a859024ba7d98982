"""What happened to members: events, written in the transaction in which it happened, some of them only once.

``config.subscribers`` says who hears of them.
"""
