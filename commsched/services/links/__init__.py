"""Where links lead: what their pages say, fetched with care and kept, and what is to be said of them."""
