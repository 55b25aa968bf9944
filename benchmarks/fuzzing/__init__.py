"""Bytes that nobody thought of, thrown at everything that reads what others wrote."""
