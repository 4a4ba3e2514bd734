"""What the press list is made of: the messages that it sends."""
