"""Tools for designers: contact sheets and drawn sample pictures."""
