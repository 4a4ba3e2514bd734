"""What the Telegram adapter is made of: the bot's calls and what their refusals mean, and what a channel takes."""
