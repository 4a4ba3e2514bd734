"""Time as such: wall time in a zone, dates in words, holidays, and whether a clock can be trusted."""
