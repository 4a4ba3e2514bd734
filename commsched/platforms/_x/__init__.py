"""What the X adapter is made of: the client, what X takes, and what an account has published."""
