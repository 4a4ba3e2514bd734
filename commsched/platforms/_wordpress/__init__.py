"""What the WordPress adapter is made of: the REST API, where a site has it, the body as blocks, terms and comments."""
