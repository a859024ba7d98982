"""Worked examples of the ready mechanics, told as what a customer does and what stands in the books after it."""
