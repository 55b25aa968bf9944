"""A faithful local replica of public pages, with pictures of its own: for `make demo` and the tests."""

from demo.exhibits import demo_accounts

__all__ = ["demo_accounts"]
