"""The calendar's parts: what a page spans, what it is narrowed to, its chips, and when it is unchanged."""
