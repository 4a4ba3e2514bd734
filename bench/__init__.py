"""Measurements side by side with a peer, each a command that prints its figures."""
