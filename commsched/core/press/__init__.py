"""A release as the press gets it, in words: pure, above ``content``. Mail, PDF and newsroom say it from here."""
