"""Events that earn: judged and booked as purchases are, and settled again when what caused them comes back.

``occasions`` says which events there are; here each of them meets the rules and the books.
"""
