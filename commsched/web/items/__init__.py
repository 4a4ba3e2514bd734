"""An item's page, its review by an approver, and the link in an approver's mail."""
