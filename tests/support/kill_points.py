"""Where the first story is struck, in the order in which it comes by, and what is struck."""

from enum import StrEnum

EVENTS, TIMERS, WATCHER = "worker-events", "worker-timers", "worker-chain-31337"


class Victim(StrEnum):
    """What dies. `worker` stands for the one that has most to do at that point."""

    API = "api"
    WORKER = "worker"
    REDIS = "redis"
    ANVIL = "anvil"


# A transaction's way: in the wallet, at the node, while the watcher takes its block in, in a block
# that the watcher has not seen, in the outbox, while its event is noted, in the outbox with enough
# blocks on top, while it moves the order.
_BEFORE_BLOCK = ("signed", "sent")
_IN_BLOCK = ("taking-in", "included", "seen", "noting", "reached", "moving")
_CALLS = (*_BEFORE_BLOCK, *_IN_BLOCK)

POINTS = (
    "before-it-begins",
    "seller-signing-in",
    "seller-signed-in",
    "opening-store",
    "store-opened",
    "listing",
    "listed",
    "stocking",
    "stocked",
    "publishing",
    "published",
    "buyer-signing-in",
    "buyer-signed-in",
    "placing",
    "starting-payment",
    "placed",
    *(f"payment-{step}" for step in _BEFORE_BLOCK),
    "handing-in-hash",
    *(f"payment-{step}" for step in _IN_BLOCK),
    "paid",
    "accepting",
    "accepted",
    "shipping",
    *(f"fulfilment-{step}" for step in _CALLS),
    "shipped",
    "confirming-delivery",
    "delivered",
    "asking-release",
    *(f"release-{step}" for step in _CALLS),
    "completed",
)


def part_of(victim: Victim, point: str) -> str:
    """The part that is killed at a point."""
    if victim is not Victim.WORKER:
        return str(victim)
    if point.endswith(("-signed", "-sent", "-hash", "-taking-in", "-included")):
        return WATCHER
    if point.endswith(("-seen", "-noting", "-reached", "-moving")) or point in (
        "paid",
        "shipped",
        "completed",
    ):
        return EVENTS
    return TIMERS
