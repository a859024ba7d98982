"""The till's door: the REST API for tills and shop systems, and the till page in the browser."""
