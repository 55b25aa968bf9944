"""Pairs of images -> stylised images. Knows the catalog, never the scraper."""
