"""The command line: translate in, one call into ``services``, translate out. Heavy imports stand inside commands."""
