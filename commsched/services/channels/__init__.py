"""Connected accounts: connecting one, renewing its access, its recipients, and checking that it still answers."""
