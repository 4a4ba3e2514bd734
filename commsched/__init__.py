"""commsched: a content calendar for an office that speaks in public, and the scheduler that publishes it."""

__version__ = "0.1.0"
