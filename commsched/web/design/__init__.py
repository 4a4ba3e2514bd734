"""The studio and the office's brand."""
