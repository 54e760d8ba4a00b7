"""The escrow rail in the words of the tests that every rail passes: dollars of one buyer, who pays
and signs at once whatever is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from souk.modules.payments.domain import (
    Attempt,
    FactStage,
    NeedsSignature,
    Observation,
    Outcome,
)
from souk.modules.payments.ports import PaymentPlan
from tests.support.books_of_facts import stand
from tests.support.rail_builders import EscrowRail, an_attempt


@dataclass
class ChainClock:
    """What the newest block shows."""

    rail: EscrowRail

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.rail.now, UTC)


@dataclass
class EscrowOfPromises:
    """`said` is all that the chain said, final at once."""

    rail: EscrowRail
    said: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = self.rail.gateway
        self.clock = ChainClock(self.rail)
        self.seller = self.rail.seller.address

    def plan(self, *amounts: int) -> PaymentPlan:
        return self.rail.plan(self.rail.dollar, *amounts)

    def start(self, *amounts: int) -> Attempt:
        return an_attempt(self.rail.legs(self.plan(*amounts)))

    def pay(self, *amounts: int) -> Attempt:
        attempt = self.start(*amounts)
        return self.carry(self.rail.prepare(attempt.legs), attempt)

    def carry(self, outcome: Outcome, attempt: Attempt) -> Attempt:
        """Have whoever is asked sign and send."""
        assert isinstance(outcome, NeedsSignature)
        parties = (self.rail.buyer, self.rail.seller)
        (party,) = (party for party in parties if party.address == outcome.by)
        return self.hear(attempt, self.rail.sign(party, outcome))

    def release(self, attempt: Attempt) -> Attempt:
        return self.carry(self.gateway.release(attempt.legs), attempt)

    def hear(self, attempt: Attempt, receipts: Iterable[dict]) -> Attempt:
        """The attempt with its legs as all that was ever said of them makes them."""
        for receipt in receipts:
            block = receipt["blockNumber"]
            self.said += [
                replace(
                    one,
                    observation_id=f"{block}:{one.observation_id}",
                    stage=FactStage.REACHED,
                )
                for one in self.rail.observed(receipt)
            ]
        return replace(attempt, legs=tuple(stand(leg, self.said) for leg in attempt.legs))

    def worth(self, account: str) -> int:
        return self.rail.balance(self.rail.dollar, account)
