"""The page where an item is written: its form, which loses nothing that was typed, and the draft that it means."""
