"""Whether the ways to pay are offered, and what serves them answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from souk.core.readiness import describe_part
from souk.modules.payments.service.route import Offers, Served, served

_WELL = "ok"
_NOT_SERVED = {"status": "down", "detail": "nothing serves this method here"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RailHealth:
    """Tells what is known. `chain` and `cards` return a line about a rail that is well, or raise;
    they are looked at by anybody as often as they like, so that neither may ask anybody outside
    each time."""

    offers: Offers
    chain: Callable[[int], str]
    cards: Callable[[], str] | None

    def report(self) -> dict[str, object]:
        """Every method by each rail that serves it, as JSON values. All is `ok` while whatever is
        offered answers."""
        states: dict[int | str | None, dict[str, str]] = {}
        for chain_id in self.offers.chain_ids:
            states[chain_id] = describe_part(partial(self.chain, chain_id))
        if self.cards is not None and self.offers.cards is not None:
            states[self.offers.cards.provider] = describe_part(self.cards)
        rows = [
            _row(one, states.get(one.chain_id or one.provider, _NOT_SERVED))
            for one in served(self.offers)
        ]
        well = all(row["reachable"] for row in rows if row["offered"])
        return {"status": _WELL if well else "degraded", "data": rows}


def _row(one: Served, state: dict[str, str]) -> dict[str, object]:
    return {
        "method": one.method,
        "provider": one.provider,
        "chain_id": one.chain_id,
        "chain": one.chain,
        "offered": one.offered,
        "reachable": state["status"] == _WELL,
        "detail": state["detail"],
    }
