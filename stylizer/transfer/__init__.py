"""One batch of pairs, from its first pictures to its saved ones."""
