"""Workspaces, people and their keys: signing in, roles, tokens, deputies, an office's own settings."""
