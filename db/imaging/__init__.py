"""Bytes that nobody vouches for -> pixels: what a file may cost, what is missing of it, and what its numbers mean."""
