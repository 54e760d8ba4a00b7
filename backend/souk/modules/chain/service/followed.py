"""What belongs to each chain, by its id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from souk.modules.chain.domain import ChainConfig, Purpose
from souk.modules.chain.errors import ChainNotFollowed
from souk.modules.chain.ports import EventDecoder, Heads, LogSource, TransactionSender

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """What belongs to one chain. `senders` has those for which a key is configured, `others` are
    further endpoints besides `source`, and `heads` wakes who waits for a new block."""

    config: ChainConfig
    source: LogSource
    decoder: EventDecoder
    senders: Mapping[Purpose, TransactionSender] = field(default_factory=dict)
    others: Sequence[LogSource] = ()
    heads: Heads | None = None

    @property
    def sources(self) -> tuple[LogSource, ...]:
        """All endpoints, in the order in which they are configured."""
        return (self.source, *self.others)


def ids_of(chains: Mapping[int, object]) -> tuple[int, ...]:
    """The chains that are followed, in rising order."""
    return tuple(sorted(chains))


def get_followed(chains: Mapping[int, T], chain_id: int) -> T:
    """What belongs to a chain. Raises `ChainNotFollowed`."""
    chain = chains.get(chain_id)
    if chain is None:
        raise ChainNotFollowed(chain_id)
    return chain
