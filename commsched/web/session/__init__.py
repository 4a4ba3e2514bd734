"""Signing in and out, and what a browser is asked to remember: the office, the language, the colours."""
