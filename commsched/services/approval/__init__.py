"""Whose approval a revision needs, who has been asked, and what people say to each other about it."""
