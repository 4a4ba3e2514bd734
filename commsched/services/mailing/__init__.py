"""The installation's own mail: the server that is set on a page, a trial mail, and what was not sent."""
