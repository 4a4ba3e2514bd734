"""The HTTP that adapters are given: the session, how it connects, what its failures mean, and OAuth over it."""
