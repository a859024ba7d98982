"""What guests see of a programme: its look and texts, landing pages, codes to print, and by which links people come."""
