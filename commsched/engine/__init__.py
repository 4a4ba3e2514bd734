"""What turns the handle. APScheduler lives here only, as a clock: it keeps no job that matters."""
