"""Fonts, runs, line breaks and glyphs: from words to masks."""
