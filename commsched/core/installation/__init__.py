"""What the machine and its administrator decide: the settings, and which addresses lie inside the network."""
