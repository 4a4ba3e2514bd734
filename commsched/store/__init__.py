"""The database: mapped classes, sessions that see one workspace, locks, encrypted secrets, files, migrations."""
