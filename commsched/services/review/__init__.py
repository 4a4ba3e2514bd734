"""What people do about an item beside yes and no: take a decision back, propose other words, check a fact, look after
an emergency release."""
