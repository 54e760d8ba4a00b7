"""A shop on a chain whose policy asks large payments for a final block."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from souk.adapters.evm.registry import Deployment
from souk.settings.finality import chain_finality
from tests.support.clock import MovableClock
from tests.support.shop import CHAIN_ID, Shop, shop
from tests.support.stack import Chain, rewound


@contextmanager
def asking_for_final(
    urls: tuple[str, str],
    deployed: tuple[Chain, Deployment],
    clock: MovableClock,
    state: Path,
    *,
    since: int,
) -> Iterator[Shop]:
    """From so many US cents on. `urls` are those of the database and of Redis."""
    shared, deployment = deployed
    asked = chain_finality({f"CHAIN_{CHAIN_ID}_FINALITY": f"final={since}"})
    with (
        rewound(shared) as node,
        shop(*urls, node, deployment, clock, state, finality=asked) as running,
    ):
        yield running
