"""What the escrow contract of one chain says of our legs, for comparison with what we think."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.calls import EscrowState
from souk.adapters.evm.escrow.gateway import status_of
from souk.adapters.evm.escrow.legs import escrow_leg, escrow_legs
from souk.adapters.evm.escrow.observations import read_observation
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable
from souk.modules.books.domain import Deposit, Position, RailFigures
from souk.modules.chain.domain import Call, Level, SettledBlock, block_instant
from souk.modules.chain.events import EscrowEvent
from souk.modules.payments.domain import (
    EscrowLeg,
    FactKind,
    FactStage,
    Leg,
    LegStatus,
    Observation,
)
from souk.modules.payments.ports import RailMessage

# An order is paid within this time of being started, by the chain's clock, or never.
_LONGEST_QUOTE_SECONDS = 3_600
_BLOCKS_A_SEARCH = 2_000
_MOST_SEARCHES = 200


class EscrowRecord(Protocol):
    """The record that is kept of a chain, as the chain module keeps it."""

    def settled(self, chain_id: int, patience: timedelta) -> SettledBlock | None:
        """The newest block that has counted for so long."""
        ...

    def facts(self, chain_id: int, *, since: datetime, up_to: int) -> Iterator[list[EscrowEvent]]:
        """The facts that stand up to a block and were taken in since an instant."""
        ...

    def facts_of(self, chain_id: int, contract: Address, escrow_id: str) -> list[EscrowEvent]:
        """The facts that stand about one escrow."""
        ...

    def known_effects(self, effect_ids: Collection[str]) -> set[str]:
        """Those of these effects that were ever seen."""
        ...

    def block_before(self, chain_id: int, instant: datetime) -> int:
        """A block that was there at this instant."""
        ...

    def read_again(self, chain_id: int, numbers: Sequence[int]) -> None:
        """Take in what was missed of these blocks."""
        ...


class EvmEscrowStatement:
    """The contract's own states, read at one block, beside the record of its logs."""

    def __init__(
        self,
        chain_id: int,
        node: EvmNode,
        record: EscrowRecord,
        *,
        policy: Level = Level.CONFIRMED,
    ) -> None:
        self.place = f"eip155:{chain_id}"
        self.clock = f"chain:{chain_id}"
        self.one_by_one = False
        self._chain_id = chain_id
        self._node = node
        self._record = record
        self._policy = policy

    def knows(self, leg: Leg) -> bool:
        """Whether the leg is held on this chain."""
        return isinstance(leg, EscrowLeg) and leg.chain_id == self._chain_id

    def position(self, patience: timedelta) -> Position | None:
        """The newest block that has counted for so long."""
        block = self._record.settled(self._chain_id, patience)
        if block is None:
            return None
        return Position(
            at=block.at,
            settled_at=block.settled_at,
            block_number=block.number,
            block_hash=block.hash,
        )

    def observations(self, since: datetime, position: Position) -> Iterator[list[Observation]]:
        """The facts of the record."""
        number, _hash = _block(position)
        for page in self._record.facts(self._chain_id, since=since, up_to=number):
            yield self._read(page, up_to=number)

    def deposits(self, since: datetime, position: Position) -> Iterator[list[Deposit]]:
        """Nothing: anybody may pay an order of their own into the contract."""
        del since, position
        return iter(())

    def figures(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, RailFigures]:
        """The contract's states after the block, but of legs whose payment is asked for more than
        other legs': until it is there, the contract has money that is not held to us."""
        _number, block_hash = _block(position)
        ours = [leg for leg in escrow_legs(legs) if not self._waits(leg)]
        asked = [Call(leg.contract, calls.read_states(leg.escrow_id)) for leg in ours]
        answers = self._node.calls(asked, block_hash=block_hash)
        found = {}
        for leg, answer in zip(ours, answers, strict=True):
            state = calls.decode_states(answer)
            if state is None:
                raise ProviderUnavailable("there is no escrow contract where it should be")
            found[leg.id] = _figures(leg, state)
        return found

    def _waits(self, leg: EscrowLeg) -> bool:
        """Whether its payment stands in the record, and not at the leg's level yet."""
        if leg.status is not LegStatus.SEEN or self._policy.reaches(leg.finality):
            return False
        events = self._record.facts_of(self._chain_id, leg.contract, leg.escrow_id)
        said = self._read(events, up_to=max((one.block_number for one in events), default=0))
        paid = [one.asked_for(leg.finality) for one in said if one.fact.kind is FactKind.HELD]
        return bool(paid) and all(one.stage is FactStage.SEEN for one in paid)

    def recover(
        self, position: Position, leg: Leg, known: Sequence[Observation]
    ) -> list[Observation]:
        """What stands about the order once blocks were read again whose logs are not in the
        record; and what we count of it that left the chain."""
        number, _hash = _block(position)
        ours = escrow_leg(leg)
        standing = self._record.facts_of(self._chain_id, ours.contract, ours.escrow_id)
        missed = self._missed(ours, standing, up_to=number)
        if missed:
            self._record.read_again(self._chain_id, missed)
            standing = self._record.facts_of(self._chain_id, ours.contract, ours.escrow_id)
        return [*self._read(standing, up_to=number), *self._gone(standing, known)]

    def holdings(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, int]:
        """The balances of the contracts that hold these legs."""
        places = {(leg.asset.code, leg.terms.token, leg.contract) for leg in escrow_legs(legs)}
        found: dict[str, int] = {}
        for asset, token, contract in sorted(places):
            found[asset] = found.get(asset, 0) + self._balance(position, token, contract)
        return found

    def _balance(self, position: Position, token: Address, contract: Address) -> int:
        _number, block_hash = _block(position)
        if token == ZERO_ADDRESS:
            return self._node.balance(contract, block_hash=block_hash)
        asked = Call(token, calls.read_balance(contract))
        balance = calls.decode_amount(self._node.calls([asked], block_hash=block_hash)[0])
        if balance is None:
            raise ProviderUnavailable("the token does not say what the escrow has of it")
        return balance

    def _missed(self, leg: EscrowLeg, standing: Sequence[EscrowEvent], *, up_to: int) -> list[int]:
        """The blocks with logs about the order that the record does not have."""
        known = {(event.block_hash, event.log_index) for event in standing}
        begun = block_instant(leg.terms.pay_by - _LONGEST_QUOTE_SECONDS)
        first = self._record.block_before(self._chain_id, begun)
        # Looked for from the newest block down, because that is where something is missing.
        found: set[int] = set()
        for last in list(range(up_to, first - 1, -_BLOCKS_A_SEARCH))[:_MOST_SEARCHES]:
            lowest = max(first, last - _BLOCKS_A_SEARCH + 1)
            logs = self._node.logs_about(lowest, last, contract=leg.contract, subject=leg.escrow_id)
            found |= {
                log.block_number for log in logs if (log.block_hash, log.log_index) not in known
            }
        return sorted(found)

    def _read(self, events: Sequence[EscrowEvent], *, up_to: int) -> list[Observation]:
        told = [
            RailMessage(event.name, event.to_payload())
            for event in events
            if event.block_number <= up_to
        ]
        read = [read_observation(message, self._policy) for message in told]
        return [observation for observation in read if observation is not None]

    def _gone(
        self, standing: Sequence[EscrowEvent], known: Sequence[Observation]
    ) -> list[Observation]:
        """What we count, the record once held, and no canonical block shows any more."""
        shown = {event.observation_id for event in standing}
        doubtful = [one for one in known if one.observation_id not in shown]
        ours = self._record.known_effects([one.effect_id for one in doubtful])
        return [replace(one, stage=FactStage.ORPHANED) for one in doubtful if one.effect_id in ours]


def _block(position: Position) -> tuple[int, str]:
    if position.block_number is None or position.block_hash is None:
        raise TypeError("a chain is compared at a block")
    return position.block_number, position.block_hash


def _figures(leg: Leg, state: EscrowState) -> RailFigures:
    """The contract keeps what remains and what the seller keeps; what was reimbursed, which it
    took off the latter, it does not tell from what was refunded. So our word is taken for that,
    and a reimbursement that we do not know of shows as a refund."""
    held = leg.amount if state.status else 0
    released = state.released + leg.reimbursed if held else 0
    return RailFigures(
        held=held,
        released=released,
        refunded=held - state.remaining - released,
        reimbursed=leg.reimbursed if held else 0,
        status=status_of(leg, state, released),
    )
