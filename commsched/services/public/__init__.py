"""What anybody may see without an account: the newsroom, the sandbox's wall, pictures for links."""
