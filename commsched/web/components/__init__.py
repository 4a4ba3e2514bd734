"""Parts that the pages of several features show."""
