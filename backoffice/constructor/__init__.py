"""The constructor: a page on which a campaign is put together from sentences, tried on a basket, and launched."""
