"""Setting text: from words and fonts to lines, glyphs and masks."""
