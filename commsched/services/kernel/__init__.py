"""What every use case stands on: the installation, the audit log, a channel's context, heartbeats."""
