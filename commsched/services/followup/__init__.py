"""What readers make of what is out: the watch over their comments, figures, and what was posted by another way."""
