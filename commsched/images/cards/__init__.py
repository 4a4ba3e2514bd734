"""Drawing cards: designs, layout, paint, and the finished file."""
