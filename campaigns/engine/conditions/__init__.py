"""And if: every condition as a test of a case, and the trees that combine them."""
