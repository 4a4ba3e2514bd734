"""The press of an office: its contacts and its inbox."""
