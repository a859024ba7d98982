"""What earns: campaigns and their revisions, the engine that judges a basket, and the checkout that acts on it."""
