"""What a campaign may ask: a condition in each module, by its name in the document."""
