"""What is done to what is out already: taken down on the networks, and what their adapters are asked about it."""
