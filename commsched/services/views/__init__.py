"""What a whole page shows, read in few statements: today, the calendar, an item, its review, the audit log."""
