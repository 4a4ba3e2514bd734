"""Signing in and out, and the choice of office, language and colours."""
