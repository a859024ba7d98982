"""What the live campaigns hold for one member: those that are for them, told to them, and how far they are.

Read from the rulebook in force and from what the member did; nothing is judged or written here.
"""
