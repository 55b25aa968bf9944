"""A year of nights, in an hour: what a library is after it, and what the site was asked."""
