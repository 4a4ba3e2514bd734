"""Running an installation: chores, the watchdog, health, metrics, the doctor, backup and restore."""
