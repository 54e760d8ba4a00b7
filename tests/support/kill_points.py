"""Where the first story is struck, in the order in which it comes by, and what is struck."""

from enum import StrEnum

EVENTS, TIMERS, WATCHER = "worker-events", "worker-timers", "worker-chain-31337"


class Victim(StrEnum):
    """What dies. `worker` stands for the one that has most to do at that point."""

    API = "api"
    WORKER = "worker"
    REDIS = "redis"
    ANVIL = "anvil"


_CALLS = ("signed", "sent", "included", "seen", "reached")

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
    "payment-signed",
    "payment-sent",
    "handing-in-hash",
    "payment-included",
    "payment-seen",
    "payment-reached",
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
    if point.endswith(("-signed", "-sent", "-included", "-hash")):
        return WATCHER
    if point.endswith(("-seen", "-reached")) or point in ("paid", "shipped", "completed"):
        return EVENTS
    return TIMERS
