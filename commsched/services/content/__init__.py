"""Items and their revisions: building the content of one, checking it, reading it back."""
