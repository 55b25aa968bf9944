"""What this machine has for a run: its device, precision, memory and tiles."""
