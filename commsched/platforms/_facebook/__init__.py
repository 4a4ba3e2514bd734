"""What the Facebook adapter is made of: the Graph API's client, a page read back, and what a page takes."""
