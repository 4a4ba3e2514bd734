"""Tables of what comes by mail and goes out because of it."""
