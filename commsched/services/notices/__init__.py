"""Mails to people of the office: the outbox of notices, what they say, the morning digest."""
