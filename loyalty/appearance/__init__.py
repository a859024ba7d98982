"""How a programme shows itself: colours, pictures, its own domain, and by which links people come."""
