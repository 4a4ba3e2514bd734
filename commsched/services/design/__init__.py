"""The office's brand and the studio that draws cards in it."""
