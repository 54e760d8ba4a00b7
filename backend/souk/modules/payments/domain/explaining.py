"""Ways to pay for a client, and why one of them was taken, for the record."""

from collections.abc import Iterable, Sequence

from souk.core.money import Money
from souk.modules.payments.domain.candidates import Candidate, Chance, Cost, usd
from souk.modules.payments.domain.choices import PayWish
from souk.modules.payments.domain.funds import Lack
from souk.modules.payments.domain.offers import PayChoice
from souk.modules.payments.domain.routing import Ranked, find_choice

_KEPT = 20
"""As many alternatives are kept with an attempt."""
_SUGGESTED = 5
"""As many are suggested to somebody who was refused."""


def lack_json(lack: Lack) -> dict[str, object]:
    """What a wallet lacks."""
    return {"code": lack.kind, "amount": lack.amount.to_json(), "says": f"the wallet {lack.says}"}


def cost_json(cost: Cost) -> dict[str, object]:
    """What a purchase costs the buyer, in dollars; what is not known is `null` and not in the
    total. `platform` is what it costs us."""
    return {
        "total": usd(cost.total).to_json(),
        "fee": usd(cost.fee).to_json(),
        "spread": usd(cost.spread).to_json(),
        "gas": None if cost.gas is None else usd(cost.gas).to_json(),
        "platform": usd(cost.platform).to_json(),
    }


def candidate_json(candidate: Candidate) -> dict[str, object]:
    """A way to pay as a client chooses it, with all that is known of it."""
    return {
        "method": candidate.method,
        "chain_id": candidate.chain_id,
        "chain": candidate.chain,
        "token": candidate.token,
        "wallet": candidate.wallet,
        "way": candidate.way,
        "ways": list(candidate.ways),
        "symbol": candidate.asset.symbol,
        "price": _money(candidate.price),
        "cost": cost_json(candidate.cost),
        "seconds_to_settle": candidate.seconds,
        "possible": candidate.chance is not Chance.CANNOT,
        "checked": candidate.chance is not Chance.UNSEEN,
        "relayed": candidate.relayed,
        "anyway": candidate.anyway,
        "missing": [lack_json(lack) for lack in candidate.lacks],
        "reasons": [{"code": one.code, "says": one.says} for one in candidate.reasons],
    }


def ranked_json(ranked: Ranked) -> dict[str, object]:
    """The same with its place, and why it is there."""
    return {**candidate_json(ranked.candidate), "rank": ranked.place, "why": ranked.why}


def others(ranked: Iterable[Ranked], wish: PayWish | None) -> list[Ranked]:
    """All but what was asked for."""
    return [one for one in ranked if wish is None or not one.candidate.is_of(wish)]


def suggestions(ranked: Iterable[Ranked]) -> list[dict[str, object]]:
    """The best that are possible, for somebody whose choice was refused."""
    possible = [one for one in ranked if one.candidate.chance is not Chance.CANNOT]
    return [ranked_json(one) for one in possible[:_SUGGESTED]]


def explain(
    offered: dict[str, object], ranked: Sequence[Ranked], choice: PayChoice, *, left_to_us: bool
) -> dict[str, object]:
    """Why an attempt takes the way it does: `offered` with the costs of this way and of those that
    were weighed beside it. What is said there of the payer's wallets is for the payer alone."""
    chosen = find_choice(ranked, choice)
    kept = [_brief(one) for one in others(ranked, choice)[:_KEPT]]
    if chosen is None:
        return {**offered, "alternatives": kept}
    reason = f"left to us: {chosen.why}" if left_to_us else "the payer's choice"
    found = {"rank": chosen.place, "why": chosen.why, "cost": cost_json(chosen.candidate.cost)}
    return {**offered, "reason": reason, **found, "alternatives": kept}


def _brief(ranked: Ranked) -> dict[str, object]:
    whole = ranked_json(ranked)
    left_out = {"wallet", "ways", "missing", "reasons", "anyway"}
    return {name: value for name, value in whole.items() if name not in left_out}


def _money(money: Money | None) -> dict[str, str | int] | None:
    return None if money is None else money.to_json()
