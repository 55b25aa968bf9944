"""Everything that can go wrong, done to the program on purpose: what survives, and what is lost."""
