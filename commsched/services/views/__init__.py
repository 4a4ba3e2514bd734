"""What the pages show: the calendar, today, the review of an item, the audit log."""
