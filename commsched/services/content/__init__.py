"""Items and their revisions: building a content from a draft, checking it, storing it, reading it back."""
