"""Bluesky's own details: its calls, sessions, rich text, records, videos, and what became of what is out."""
