"""What a release came to: how far its mailings are, who got it, what came back, and a summary for the group."""
