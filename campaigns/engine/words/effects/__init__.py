"""What a campaign may give: an effect in each module, by its name in the document."""
