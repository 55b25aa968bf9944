"""What the terminal shows: JSON lines, tables, progress, the health check."""
