"""Turns of payments over HTTP, and what came of them beside what is wanted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from statistics import median, quantiles

from tests.support.bench_payments_http import Paid, Stage, stage

RATE, OWN_MILLISECONDS, OF_THE_FLOOR = 80, 250, 0.6
_WARM_SECONDS = 8.0
_FIRST_GUESS = 150.0
# More is placed than will be paid: a turn that runs out of checkouts is no measurement.
_ROOM = 2.5


def over_http(rounds: int, seconds: float) -> int:
    """Measure and print. 1 when the books do not agree with what was paid."""
    with ExitStack() as closing:
        stages = {rail: closing.enter_context(stage(rail)) for rail in ("souk", "floor")}
        guess = {
            rail: _ROOM * found.turn(_WARM_SECONDS, _FIRST_GUESS).rate
            for rail, found in stages.items()
        }
        turns: dict[str, list[Paid]] = {rail: [] for rail in stages}
        for _ in range(rounds):
            for rail, found in stages.items():
                turns[rail].append(found.turn(seconds, guess[rail]))
        print("\n".join(report(turns)), flush=True)
        wrong = [line for found in stages.values() for line in mistakes(found)]
    print("\n".join(wrong) or "every payment is in the books once, and the books balance")
    return 1 if wrong else 0


def report(turns: Mapping[str, Sequence[Paid]]) -> Iterator[str]:
    """For people."""
    for rail, each in turns.items():
        rates = [turn.rate for turn in each]
        yield f"{rail} over HTTP: {median(rates):.1f} payments/s, at best {max(rates):.1f}"
        yield f"  {_spread('own', [one for turn in each for one in turn.own])}"
        for step in each[0].steps:
            yield f"  {_spread(step, [one for turn in each for one in turn.steps[step]])}"
        costs = {part: median(turn.cost(part) for turn in each) for part in each[0].cores}
        told = ", ".join(f"{part} {cost:.1f}" for part, cost in costs.items())
        yield f"  {sum(costs.values()):.1f} ms of a core each ({told})"
    shares = [ours.rate / floor.rate for ours, floor in zip(*turns.values(), strict=True)]
    yield f"souk has {median(shares):.2f} of the floor's rate, at best {max(shares):.2f}"
    yield (
        f"wanted: {RATE} payments/s, 99 % of own below {OWN_MILLISECONDS} ms,"
        f" {OF_THE_FLOOR} of the floor's rate"
    )


def _spread(name: str, took: Sequence[float]) -> str:
    cuts = quantiles(took, n=100)
    return f"{name:<10}50 % {1000 * cuts[49]:>6.0f} ms   99 % {1000 * cuts[98]:>6.0f} ms"


def mistakes(found: Stage) -> Iterator[str]:
    """Where what was completed, what was booked and what was asked for do not agree."""
    completed = found.ask("SELECT count(*) FROM payment WHERE status = 'COMPLETED'")
    held = found.ask("SELECT count(*) FROM ledger_entry WHERE flow = 'hold'")
    paid = found.ask("SELECT count(*) FROM orders WHERE status = 'paid'")
    breaks = found.ask("SELECT count(*) FROM ledger_breaks()")
    if not completed == held == paid:
        yield f"{found.rail}: {completed} completed, {held} booked, {paid} orders paid"
    if breaks:
        yield f"{found.rail}: {breaks} rules of the books are broken"
