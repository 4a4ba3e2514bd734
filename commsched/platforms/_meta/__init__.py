"""What Meta's three networks have in common: the Graph's errors and usage headers, containers, and signing in."""
