"""What an item says: its content, the hash that an approval binds to, drafts as they come in, and what changed."""
