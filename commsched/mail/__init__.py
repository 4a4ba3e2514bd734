"""E-mail as such: building a message, sending it by a relay or to a folder, and what the relay's answer means."""
