"""The office's look: its brand, and the studio that draws cards in it."""
