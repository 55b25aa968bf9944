"""Catalog -> a set that others can use: folders, tables and shards, with a card and checksums. Knows db alone."""
