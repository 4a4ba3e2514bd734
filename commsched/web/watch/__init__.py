"""The watch over comments: the list, the evening round, what the office has decided."""
