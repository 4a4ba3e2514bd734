"""Drawing cards: from a design and words to a finished PNG or JPEG with its alternative text."""
