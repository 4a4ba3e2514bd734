"""What the webhook is made of: what it says of an item, how that is signed, and what an answer means."""
