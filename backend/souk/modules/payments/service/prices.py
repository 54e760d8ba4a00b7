"""The rate of an offer, by its feed."""

from datetime import datetime

from souk.modules.payments.domain import PAR, PastRate, PriceAnswer, Rate, usable_rate
from souk.modules.payments.repository import rates as rate_rows
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.route import Offer


def read_rate(parts: Parts, offer: Offer, now: datetime) -> Rate:
    """What one unit of the offer's asset is worth, judged by the time of the offer's clock. Called
    with no transaction open. Raises `PriceUnusable`, `ProviderUnavailable`."""
    feed = offer.feed
    if feed is None:
        return PAR
    price = parts.prices.latest(feed.chain_id, feed.address)
    return usable_rate(
        price,
        chain_time=now,
        max_age_seconds=feed.max_age_seconds,
        rules=parts.offers.price_rules,
        accepted=_last_accepted(parts, feed.chain_id, price),
    )


def _last_accepted(parts: Parts, chain_id: int, price: PriceAnswer) -> PastRate | None:
    """Looked up only where the feed does not have its own round before."""
    if price.before is not None:
        return None
    with parts.uow.begin() as tx:
        return rate_rows.find_last(tx, chain_id, price.source)
