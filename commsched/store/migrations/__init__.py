"""Numbered steps of the schema, in order; each is one file under ``versions``."""

HEAD = "0052"
"""The newest step, so that starting on a current database need not load Alembic. A test holds it to the files."""
