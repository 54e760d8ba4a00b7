"""Search by metadata: https://docs.stripe.com/search. Stripe may take a minute to find what is new;
here it is found at once."""

import re

from souk.embedded.stripe_sandbox.failures import invalid
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.world import World

_QUERY = re.compile(r"metadata\['(?P<key>[a-z_]{1,40})'\]:'(?P<value>[^'\\]{1,500})'")
_PAGE = 10
_PAGE_AT_MOST = 100


def search_intents(world: World, params: Params) -> Object:
    """`GET /v1/payment_intents/search` by one value of metadata."""
    query = params.need("query")
    limit = params.whole("limit") or _PAGE
    params.finish()
    asked = _QUERY.fullmatch(query)
    if asked is None:
        raise invalid("query", "Here a query is metadata['key']:'value'")
    if not 1 <= limit <= _PAGE_AT_MOST:
        raise invalid("limit", "Invalid limit: from 1 to 100")
    found, more = world.store.page(
        "payment_intent",
        account=world.call.account if world.call else None,
        limit=limit,
        where={f"metadata.{asked['key']}": [asked["value"]]},
    )
    return {
        "object": "search_result",
        "data": found,
        "has_more": more,
        "next_page": None,
        "url": "/v1/payment_intents/search",
    }
