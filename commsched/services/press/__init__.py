"""What a release came to: how far each mailing has come, what was sent and came back, what the press made of it."""
