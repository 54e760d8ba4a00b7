"""Which function answers what."""

from collections.abc import Callable

from souk.embedded.stripe_sandbox import (
    accounts,
    charges,
    customers,
    deliveries,
    disputes,
    identity,
    intents,
    listing,
    methods,
    payouts,
    refunds,
    search,
    setups,
    transfers,
)
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.world import World

Handler = Callable[..., Object]


def _list_of(path: str) -> Handler:
    def handler(world: World, params: Params) -> Object:
        return listing.page(world, params, path)

    return handler


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    *(("GET", path, _list_of(path)) for path in listing.LISTS),
    ("POST", "payment_intents", intents.create),
    ("GET", "payment_intents/search", search.search_intents),
    ("GET", "payment_intents/{id}", intents.get),
    ("POST", "payment_intents/{id}", intents.update),
    ("POST", "payment_intents/{id}/confirm", intents.confirm),
    ("POST", "payment_intents/{id}/cancel", intents.cancel),
    ("POST", "setup_intents", setups.create),
    ("GET", "setup_intents/{id}", setups.get),
    ("POST", "setup_intents/{id}/confirm", setups.confirm),
    ("POST", "setup_intents/{id}/cancel", setups.cancel),
    ("POST", "payment_methods", methods.create),
    ("GET", "payment_methods/{id}", methods.get),
    ("POST", "payment_methods/{id}/attach", methods.attach),
    ("POST", "payment_methods/{id}/detach", methods.detach),
    ("POST", "customers", customers.create),
    ("GET", "customers/{id}", customers.get),
    ("POST", "customers/{id}", customers.update),
    ("DELETE", "customers/{id}", customers.delete),
    ("GET", "customers/{id}/payment_methods", listing.methods_of),
    ("GET", "charges/{id}", charges.get),
    ("POST", "refunds", refunds.create),
    ("GET", "refunds/{id}", refunds.get),
    ("POST", "refunds/{id}", refunds.update),
    ("POST", "transfers", transfers.create),
    ("GET", "transfers/{id}", transfers.get),
    ("POST", "transfers/{id}", transfers.update),
    ("GET", "transfers/{id}/reversals", listing.reversals_of),
    ("POST", "transfers/{id}/reversals", transfers.reverse),
    ("POST", "payouts", payouts.create),
    ("GET", "payouts/{id}", payouts.get),
    ("GET", "disputes/{id}", disputes.get),
    ("POST", "disputes/{id}", disputes.update),
    ("POST", "disputes/{id}/close", disputes.close),
    ("POST", "accounts", accounts.create),
    ("GET", "accounts/{id}", accounts.get),
    ("POST", "accounts/{id}", accounts.update),
    ("DELETE", "accounts/{id}", accounts.delete),
    ("POST", "accounts/{id}/login_links", accounts.log_in),
    ("POST", "account_links", accounts.link),
    ("POST", "identity/verification_sessions", identity.create),
    ("GET", "identity/verification_sessions/{id}", identity.get),
    ("POST", "identity/verification_sessions/{id}/cancel", identity.cancel),
    ("GET", "balance", listing.get_balance),
    ("GET", "balance_transactions/{id}", listing.get_transaction),
    ("GET", "events/{id}", listing.get_event),
    ("POST", "webhook_endpoints", deliveries.create_endpoint),
    ("DELETE", "webhook_endpoints/{id}", deliveries.delete_endpoint),
)
# What a browser may ask with the publishable key: what it knows the client secret of, and to make
# a payment method.
BROWSERS = frozenset(
    {
        ("GET", "payment_intents/{id}"),
        ("POST", "payment_intents/{id}/confirm"),
        ("GET", "setup_intents/{id}"),
        ("POST", "setup_intents/{id}/confirm"),
        ("POST", "payment_methods"),
    }
)
