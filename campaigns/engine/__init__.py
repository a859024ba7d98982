"""The rules, as pure Python: a basket, a shopper, a moment and a rulebook in; an outcome with its reasons out."""
