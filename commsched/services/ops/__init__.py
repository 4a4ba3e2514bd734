"""Running an installation: chores, health, metrics, backup and restore."""
