"""What the LinkedIn adapter is made of: the versioned API's client, little text, uploads, posts and comments."""
