"""The only way out: the gate admits what is due, a call sends it, and its outcome is recorded.

No other room writes attempts and parts.
"""
