"""What templates of the back office can ask for."""
