"""Public pages of a profile -> posts and verified image files. Knows the catalog, never the stylizer."""
