"""The inbox: what came by mail, read and answered by the office together, and the mailboxes it comes from."""
