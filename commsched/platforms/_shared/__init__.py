"""What several platforms share: the adapter to a network, the meaning of answers, checks, reading back."""
