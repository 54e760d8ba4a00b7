"""Faults that a caller can order: each is named, limited in number, and counted when it happens."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from souk.adapters.stripe.bucket import TokenBucket
from souk.embedded.stripe_sandbox.failures import invalid
from souk.embedded.stripe_sandbox.form import Params

# A time-out answers after some seconds, for callers who have gone by then; a reset ends the
# connection in the middle of the answer, for callers who shall not wait.
_BEFORE = {"timeout_before_effect", "reset_before_effect", "server_error", "rate_limit"}
_AFTER = {"timeout_after_effect", "reset_after_effect", "server_error_after_effect"}
REQUEST_FAULTS = frozenset(_BEFORE | _AFTER)
WEBHOOK_FAULTS = frozenset({"duplicate", "reorder", "delay", "lose"})
_AMONG_AT_MOST = 100_000
_COPIES_AT_MOST = 100


@dataclass(slots=True)
class Fault:
    """For requests whose path begins with `on`, or events of that type, at the given `places`
    among those that come from now on, the first of which is nought. `seconds` is how long a
    time-out or a delay takes, `copies` how many more a duplicate makes."""

    kind: str
    on: str
    places: frozenset[int]
    seconds: float
    copies: int = 1
    seen: int = 0
    owed: int = 0
    happened: int = 0

    @property
    def left(self) -> int:
        """How often it is still to happen."""
        return len(self.places) - self.happened

    def meets(self, subject: str, *, taken: bool) -> bool:
        """Whether it happens now. What is `taken` by another fault is met the next time."""
        if not subject.startswith(self.on):
            return False
        self.owed += self.seen in self.places
        self.seen += 1
        if taken or not self.owed:
            return False
        self.owed -= 1
        self.happened += 1
        return True


class Faults:
    """What has been ordered, and what has happened."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self._limit: TokenBucket | None = None
        self.happened: Counter[str] = Counter()

    def order(self, params: Params) -> None:
        """`kind`, and optionally `on`, `milliseconds` and `copies`. They happen `count` times in a
        row after the first `skip`, or, with `among`, at as many places among so many, drawn by
        `seed`. Raises `Refusal`."""
        kind, on = params.need("kind"), params.text("on") or ""
        if kind not in REQUEST_FAULTS | WEBHOOK_FAULTS:
            raise invalid(
                "kind", f"Faults are {', '.join(sorted(REQUEST_FAULTS | WEBHOOK_FAULTS))}"
            )
        wait = params.whole("milliseconds")
        copies = params.whole("copies") or 1
        if not 1 <= copies <= _COPIES_AT_MOST:
            raise invalid("copies", f"From 1 to {_COPIES_AT_MOST}")
        fault = Fault(
            kind=kind,
            on=on,
            places=_places(params),
            seconds=1 if wait is None else wait / 1000,
            copies=copies,
        )
        params.finish()
        self._ordered.append(fault)

    def limit(self, params: Params) -> None:
        """Refuse more than `requests_per_second`, with as many at once; without it, refuse none.
        Raises `Refusal`."""
        rate = params.whole("requests_per_second")
        params.finish()
        if rate is not None and rate < 1:
            raise invalid("requests_per_second", "At least one")
        self._limit = None if rate is None else TokenBucket(rate, rate)

    def clear(self) -> None:
        """Let everything succeed from here on; the counts stay."""
        self._ordered.clear()
        self._limit = None

    def of_request(self, path: str) -> Fault | None:
        """The fault that happens to this request."""
        fault = self._meet(REQUEST_FAULTS, path)
        if fault is None and self._limit is not None and not self._limit.take(0):
            self.happened["over_limit"] += 1
            return Fault("rate_limit", "", frozenset(), 0)
        return fault

    def of_webhook(self, kind: str) -> Fault | None:
        """The fault that happens to an event of this type on its way."""
        return self._meet(WEBHOOK_FAULTS, kind)

    def _meet(self, kinds: frozenset[str], subject: str) -> Fault | None:
        met: Fault | None = None
        for fault in self._ordered:
            if fault.kind in kinds and fault.meets(subject, taken=met is not None):
                met = fault
        if met is not None:
            self.happened[met.kind] += 1
            self._ordered = [fault for fault in self._ordered if fault.left]
        return met

    def state(self) -> dict[str, object]:
        """How many are to come, and how many have been."""
        ordered: Counter[str] = Counter()
        for fault in self._ordered:
            ordered[fault.kind] += fault.left
        return {"ordered": dict(+ordered), "happened": dict(self.happened)}


def _places(params: Params) -> frozenset[int]:
    wanted, skip = params.whole("count"), params.whole("skip") or 0
    among, seed = params.whole("among"), params.whole("seed")
    count = 1 if wanted is None else wanted
    if among is None:
        return frozenset(range(skip, skip + count))
    if not count <= among <= _AMONG_AT_MOST:
        raise invalid("among", f"At least the count, and at most {_AMONG_AT_MOST}")
    # The same seed draws the same places, so that a failed run can be repeated.
    drawn = Random(seed or 0).sample(range(among), count)  # noqa: S311 - to be repeated
    return frozenset(skip + place for place in drawn)
