"""What the Mastodon adapter is made of: the client, and what is known of a server."""
