"""Pure rules: no database, no network, no clock of their own. Time comes in as an argument."""
