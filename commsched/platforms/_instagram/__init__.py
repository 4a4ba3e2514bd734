"""What the Instagram adapter is made of: what it takes, its containers' forms, and an account read back."""
