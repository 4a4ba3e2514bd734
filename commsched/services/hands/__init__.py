"""What a person publishes: the task, whether it may still go out, and their word that it is done."""
