"""Workspaces, people and how they prove who they are: signing in, roles, tokens, deputies, an office's settings."""
