"""The pages of settings: the office, its people, one's own account, and what this program is."""
