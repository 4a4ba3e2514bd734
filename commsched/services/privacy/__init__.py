"""What an office keeps of a person outside it: shown to them as a file, and erased when they say so."""
