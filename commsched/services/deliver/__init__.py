"""Delivering: the only way out. One courier drains channels, never more than one attempt open on each."""
