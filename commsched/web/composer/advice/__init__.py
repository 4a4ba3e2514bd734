"""What the composer says of what is typed: what is wrong, what is left out, what an embargo leads to."""
