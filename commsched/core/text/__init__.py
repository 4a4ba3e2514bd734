"""Text as such: cleaning, lengths, slugs, languages, catalogues, and sentences that are not yet in a language."""
