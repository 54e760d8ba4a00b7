"""Bringing what is shown of some escrows in line with their logs, as a reorg would."""

from collections.abc import Collection

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Heights, KeptEvent
from souk.modules.chain.domain.replay import Key
from souk.modules.chain.repository import replays as replay_rows
from souk.modules.chain.service.writing import appear, disappear

# Their levels are told with those of all other facts afterwards.
_NONE_REACHED = Heights(confirmed=-1, safe=-1, final=-1)


def align(tx: Transaction, chain_id: int, keys: Collection[Key]) -> tuple[int, int]:
    """Let the facts of these kinds about these escrows stand as their stored logs say, each at its
    place in the order of the chain; how many were taken in, and how many taken back and not taken
    in again. What is right up to the first difference is left alone, and what comes after it is
    undone, last first, and told anew: whoever listens is used to that from reorgs."""
    events = replay_rows.list_events_of(tx, chain_id, {escrow_id for _, escrow_id, _ in keys})
    taken = lost = 0
    for key in sorted(keys):
        came, went = _align(tx, chain_id, key, events)
        taken, lost = taken + came, lost + went
    return taken, lost


def _align(tx: Transaction, chain_id: int, key: Key, events: list[KeptEvent]) -> tuple[int, int]:
    shown = [one for one in events if one.shown is not None and one.shown.key == key]
    shown.sort(key=KeptEvent.shown_place)
    due = [one for one in events if one.canonical and one.key == key]
    same = 0
    while same < min(len(shown), len(due)) and _is_at(shown[same], due[same], same):
        same += 1
    undone = [one.shown_sighting() for one in shown[same:]]
    anew = [one.sighting() for one in due[same:]]
    disappear(tx, chain_id, undone)
    appear(tx, chain_id, anew, _NONE_REACHED)
    before, after = {one.event_id for one in undone}, {one.event_id for one in anew}
    return len(after - before), len(before - after)


def _is_at(shown: KeptEvent, due: KeptEvent, sequence: int) -> bool:
    return (
        shown.event_id == due.event_id
        and shown.shown is not None
        and shown.shown.sequence == sequence
    )
