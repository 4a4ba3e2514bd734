"""Runs the dispatcher in the background and wakes it when something is due. APScheduler lives here only, as a clock: it
keeps no job that matters."""
