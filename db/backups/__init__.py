"""A library copied to another place, and back."""
