"""Mails to the people of an office: the outbox that sends them, what they say, the morning digest."""
