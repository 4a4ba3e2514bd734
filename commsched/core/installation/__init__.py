"""The installation's settings and the systems it runs on."""
