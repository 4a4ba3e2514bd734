"""Connected channels: connecting one, renewing its access, checking that it still answers."""
