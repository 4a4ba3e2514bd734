"""What comes back by mail: mailboxes that are read, bounces, answers from people, and the answers to those."""
