"""Ready mechanics: definitions to begin with, each with what it does for a shop and a worked example."""
