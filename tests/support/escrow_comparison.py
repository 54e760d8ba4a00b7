"""Plays a sequence on the escrow contract's model and on a chain, and compares them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.support.escrow_actions import Action, Call
from tests.support.escrow_model import EscrowModel
from tests.support.escrow_sequences import Script
from tests.support.escrow_stage import Happened, Stage, a_model
from tests.support.escrow_terms import Event, Order, Refusal, Refused


@dataclass(slots=True)
class Tally:
    """What a campaign has seen on the chain, where the model agreed."""

    sequences: int = 0
    succeeded: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    # Where the model named that one refusal alone, so the contract had to give exactly it.
    exact: Counter[str] = field(default_factory=Counter)

    def add(self, call: Call, happened: Happened, refusals: frozenset[Refusal]) -> None:
        """One call."""
        if happened.refusal is None:
            self.succeeded[call.function] += 1
            self.events.update(_kind(each.name, each.arguments[1:]) for each in happened.events)
        else:
            refused = _kind(happened.refusal.name, happened.refusal.arguments)
            self.refused[refused] += 1
            self.exact[happened.refusal.name] += len(refusals) == 1


def first_difference(stage: Stage, script: Script, tally: Tally) -> str | None:
    """Where the chain first does something else than the model, in words; `None` if nowhere."""
    model = a_model()
    stage.reset(script.orders)
    for number, action in enumerate(script.actions):
        events, refusals = expected(model, action, script.orders)
        happened = stage.run(action)
        differences = _differences(events, refusals, happened, script.orders)
        if not differences and not refusals:
            differences = stage.differences(model)
        if differences:
            return "\n".join([f"action {number}, {action}:", *differences])
        if isinstance(action, Call):
            tally.add(action, happened, refusals)
    tally.sequences += 1
    # Refused calls have changed nothing either.
    left = stage.differences(model)
    return "\n".join(["after the last action:", *left]) if left else None


def expected(
    model: EscrowModel, action: Action, orders: Mapping[int, Order]
) -> tuple[list[Event], frozenset[Refusal]]:
    """What the model does: events, or why it refuses."""
    model.now = action.at
    try:
        return action.play(model, orders), frozenset()
    except Refused as refused:
        return [], refused.refusals


def _differences(
    events: list[Event],
    refusals: frozenset[Refusal],
    happened: Happened,
    orders: Mapping[int, Order],
) -> list[str]:
    """Between outcomes; empty when they are the same."""
    same = happened.refusal in refusals if refusals else happened == Happened(events)
    if same:
        return []
    seen = [happened.refusal] if happened.refusal else happened.events
    wanted = (
        f"refuses with one of {_shown(refusals, orders)}" if refusals else _shown(events, orders)
    )
    return [f"the chain: {_shown(seen, orders)}", f"the model: {wanted}"]


def _shown(found: Iterable[Event | Refusal], orders: Mapping[int, Order]) -> str:
    """On one line, with places for orders."""
    places = {order: f"order {place}" for place, order in orders.items()}

    def shown(argument: object) -> str:
        return (
            places.get(argument, repr(argument)) if isinstance(argument, Order) else repr(argument)
        )

    return "; ".join(f"{one.name}({', '.join(map(shown, one.arguments))})" for one in found)


def _kind(name: str, arguments: tuple[object, ...]) -> str:
    """Settlements by their kind and refused terms by their field; all else by name."""
    return f"{name} {arguments[0]}" if name in ("Settled", "BadOrder") else name
