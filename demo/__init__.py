"""A faithful local replica of public pages, with pictures of its own: for `make demo` and the tests."""
