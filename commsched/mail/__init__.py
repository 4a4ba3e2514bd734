"""Building and sending e-mail, and saying what the relay answered."""
