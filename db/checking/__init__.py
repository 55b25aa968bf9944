"""Is everything there, and is it what was recorded? Reads and never writes, also beside a run that does."""
