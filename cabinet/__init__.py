"""The member's door: a web cabinet on the phone, with the card, the points and the reason for each."""
