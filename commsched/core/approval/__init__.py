"""Who must approve, and whose words they are."""
