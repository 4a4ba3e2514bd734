"""The composer's form: what was typed, lossless, and the draft it means."""
