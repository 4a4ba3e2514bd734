"""Text: lengths, markup, slugs, catalogues, messages to people."""
