"""The lists of people that a channel writes to."""
