"""What every other room needs: the installation, who acts, the audit log, a channel's context, heartbeats."""
