"""What an item says, and the hash that an approval binds to."""
