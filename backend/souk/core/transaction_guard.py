"""While a transaction is open in this thread or task, no adapter may call a provider: a slow
answer would hold locks, and a lost one would leave it unclear what was agreed.

It knows no database, so that a program without one need not load what speaks to it.
"""

from contextvars import ContextVar

transaction_open: ContextVar[bool] = ContextVar("souk_transaction_open", default=False)


class ProviderCallInTransaction(RuntimeError):
    """Code tried to reach a provider while holding a database transaction. A defect."""


def refuse_open_transaction() -> None:
    """Called by every adapter before it talks to the outside."""
    if transaction_open.get():
        raise ProviderCallInTransaction("commit first, then call the provider")
