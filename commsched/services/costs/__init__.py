"""What channels have cost, on networks that charge for each post."""
