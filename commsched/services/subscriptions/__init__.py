"""Coming and going by oneself: lists that are open, a yes that a mail asks for, and a no that holds at once."""
