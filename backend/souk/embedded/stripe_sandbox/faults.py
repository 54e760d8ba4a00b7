"""Faults that a caller can order: each is named, limited in number, and counted when it happens."""

from collections import Counter
from dataclasses import dataclass

from souk.embedded.stripe_sandbox.failures import invalid
from souk.embedded.stripe_sandbox.form import Params

BEFORE = frozenset({"timeout_before_effect"})
REQUEST_FAULTS = frozenset(
    {
        "timeout_before_effect",
        "timeout_after_effect",
        "server_error",
        "server_error_after_effect",
        "rate_limit",
    }
)
WEBHOOK_FAULTS = frozenset({"duplicate", "reorder", "delay", "lose"})


@dataclass(slots=True)
class Fault:
    """`count` more times, for requests whose path begins with `on`, or events of that type;
    `seconds` is how long a time-out or a delay takes. The first `skip` are let through."""

    kind: str
    count: int
    on: str
    seconds: float
    skip: int = 0

    def meets(self, subject: str) -> bool:
        """Whether it happens now; counts down."""
        if self.count <= 0 or not subject.startswith(self.on):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.count -= 1
        return True


class Faults:
    """What has been ordered, and what has happened."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self.happened: Counter[str] = Counter()

    def order(self, params: Params) -> None:
        """`kind`, and optionally `count`, `on`, `skip` and `milliseconds`. Raises `Refusal`."""
        kind = params.need("kind")
        if kind not in REQUEST_FAULTS | WEBHOOK_FAULTS:
            raise invalid(
                "kind", f"Faults are {', '.join(sorted(REQUEST_FAULTS | WEBHOOK_FAULTS))}"
            )
        count, skip = params.whole("count"), params.whole("skip") or 0
        wait = params.whole("milliseconds")
        fault = Fault(
            kind=kind,
            count=1 if count is None else count,
            on=params.text("on") or "",
            seconds=1 if wait is None else wait / 1000,
            skip=skip,
        )
        params.finish()
        self._ordered.append(fault)

    def clear(self) -> None:
        """Let everything succeed from here on; the counts stay."""
        self._ordered.clear()

    def meet(self, kinds: frozenset[str], subject: str) -> Fault | None:
        """The fault that happens to this request or event."""
        for fault in self._ordered:
            if fault.kind in kinds and fault.meets(subject):
                self.happened[fault.kind] += 1
                return fault
        return None

    def state(self) -> dict[str, object]:
        """How many are to come, and how many have been."""
        ordered: Counter[str] = Counter()
        for fault in self._ordered:
            ordered[fault.kind] += fault.count
        return {"ordered": dict(+ordered), "happened": dict(self.happened)}
