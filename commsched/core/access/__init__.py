"""Roles, what they may do, and who may enter a route."""
