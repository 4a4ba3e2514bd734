"""What follows from a release, for the office: PDF beforehand, who comes, proposed posts, the standing press kit."""
