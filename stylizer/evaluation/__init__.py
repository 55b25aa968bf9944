"""What people look at, measured: finished pictures reviewed."""
