"""What pages of the cabinet are written with."""
