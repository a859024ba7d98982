"""Messages on the standard output, for whoever changes the code."""
