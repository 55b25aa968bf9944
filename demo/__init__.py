"""A faithful local replica of public pages, with pictures of its own: for `make demo` and the tests."""

from demo.accounts import Account
from demo.samples import sample_account


def demo_accounts() -> tuple[Account, ...]:
    return (sample_account(),)
