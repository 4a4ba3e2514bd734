"""What the Threads adapter is made of: how it counts and what it takes, its containers' forms, a profile read back."""
