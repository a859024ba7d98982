"""What we know: member facts, segments, predictions, and the report framework."""
