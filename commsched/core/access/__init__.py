"""What each role may do, and who may enter a route."""
