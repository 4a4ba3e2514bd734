"""The desk: today, search, the pause switch, the audit log."""
