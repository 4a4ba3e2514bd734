"""Settings of the office, its people and one's own account."""
