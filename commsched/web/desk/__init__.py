"""The pages a person starts from: today, search, the pause switch, the audit log."""
