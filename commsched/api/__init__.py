"""The HTTP API under ``/api/v1``: translate in, one call into ``services``, translate out."""
