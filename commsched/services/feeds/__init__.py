"""Feeds that an office reads: their entries become drafts, which people finish and approve. Nothing is ever posted."""
