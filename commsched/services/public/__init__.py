"""What the public may see: the newsroom, the sandbox's wall, pictures of links."""
