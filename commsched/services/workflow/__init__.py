"""What people do with an item: edit, approve, schedule, pause, resume, correct, take down."""
