"""The command line: translate in, one call into ``flow``, translate out. Heavy imports stand inside commands."""
