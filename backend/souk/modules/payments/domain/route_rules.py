"""What this installation allows of each method: whether it is on, for whom, for how much."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from souk.core.addresses import Address
from souk.core.money import USD, Money
from souk.modules.payments.domain.statuses import PaymentMethod

_WHOLE = 100
_BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a method takes at once, in US cents, both ends included."""

    least: int = 0
    most: int | None = None

    @classmethod
    def read(cls, text: str) -> "Limits":
        """Both ends with a dash between them; without the second there is none, as in `500-`."""
        least, _, most = text.partition("-")
        return cls(least=int(least), most=int(most) if most else None)


_NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRules:
    """`max_fee_bps` is how much of a purchase the buyer's fees may be, `off` are methods that
    nobody is offered, `shares` say to how many accounts in a hundred a method is offered, where
    not to all. A wallet among `barred` has another part in every escrow and pays into none."""

    max_fee_bps: int = 500
    off: frozenset[PaymentMethod] = frozenset()
    shares: Mapping[PaymentMethod, int] = field(default_factory=dict)
    limits: Mapping[PaymentMethod, Limits] = field(default_factory=dict)
    barred: frozenset[Address] = frozenset()

    @classmethod
    def named(
        cls,
        *,
        max_fee_bps: int,
        off: Iterable[str],
        shares: Iterable[tuple[str, int]],
        limits: Iterable[tuple[str, str]],
        barred: frozenset[Address],
    ) -> "RouteRules":
        """The same by the methods' names, with limits as `Limits.read` takes them."""
        return cls(
            max_fee_bps=max_fee_bps,
            off=frozenset(map(PaymentMethod, off)),
            shares={PaymentMethod(name): share for name, share in shares},
            limits={PaymentMethod(name): Limits.read(text) for name, text in limits},
            barred=barred,
        )

    def most_fees(self, cents: int) -> int:
        """The most that fees may be of a purchase, in US cents."""
        return cents * self.max_fee_bps // _BPS

    def is_on(self, method: PaymentMethod, account_id: str) -> bool:
        """Whether an account is offered a method. An account that is keeps it while the share
        grows: who is in is decided by a hash, for each method anew."""
        return _bucket(method, account_id) < self.share_of(method)

    def share_of(self, method: PaymentMethod) -> int:
        """To how many accounts in a hundred a method is offered."""
        return 0 if method in self.off else self.shares.get(method, _WHOLE)

    def limits_of(self, method: PaymentMethod) -> Limits:
        """How much a method takes."""
        return self.limits.get(method, _NO_LIMITS)

    def out_of_limits(self, method: PaymentMethod, cents: int) -> str | None:
        """What is wrong with an amount, for a person; `None` when nothing is."""
        limits = self.limits_of(method)
        if cents < limits.least:
            missing = Money(limits.least - cents, USD)
            return f"it takes {Money(limits.least, USD)} or more, this is {missing} less"
        if limits.most is not None and cents > limits.most:
            over = Money(cents - limits.most, USD)
            return f"it takes {Money(limits.most, USD)} at most, this is {over} more"
        return None

    def describe(self) -> list[dict[str, object]]:
        """Every method for a client: whether it is on, for how many accounts in a hundred, and
        how much it takes."""
        return [
            {
                "method": str(method),
                "on": self.share_of(method) > 0,
                "share": self.share_of(method),
                "least": Money(self.limits_of(method).least, USD).to_json(),
                "most": _json(self.limits_of(method).most),
            }
            for method in PaymentMethod
        ]


def _json(cents: int | None) -> dict[str, str | int] | None:
    return None if cents is None else Money(cents, USD).to_json()


def _bucket(method: PaymentMethod, account_id: str) -> int:
    digest = hashlib.sha256(f"{method} {account_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % _WHOLE
