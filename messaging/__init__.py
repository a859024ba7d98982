"""What we say: templates, channels, mailings, deliveries."""
