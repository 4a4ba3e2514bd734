"""People who leave an office or get another role, and what then happens to what waited for them."""
