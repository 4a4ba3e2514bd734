"""What belongs to the sandbox alone."""
