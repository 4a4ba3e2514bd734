"""Killing the real process: a real office on disk, the real engine, real HTTP to a server that goes wrong."""
