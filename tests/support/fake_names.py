"""A `NameService` whose names a test writes, with a clock of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from souk.core.addresses import Address
from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.money import Asset, Money
from souk.core.ports import Fetched
from souk.modules.names.domain import GRACE, MAX_LABELS, Availability, EnsName, Evidence, NameRecord

COIN = Asset("eip155:31337/slip44:60", 18, "ETH")
PRICE_A_YEAR = 2 * 10**15
_SHORT = {3: 64, 4: 16}


@dataclass
class FakeName:
    """One name. `kept_until` is the wrapper's limit, `final` that its parent lost its power; what
    is below it stands for `below`, if it answers for that, and what gateways say it stands for is
    `elsewhere`."""

    owner: Address
    address: Address | None = None
    until: datetime | None = None
    kept_until: datetime | None = None
    final: bool = False
    wrapped: bool = False
    off_chain: bool = False
    elsewhere: Address | None = None
    below: Address | None = None
    texts: dict[str, str] = field(default_factory=dict)
    contenthash: str | None = None


class FakeNameService:
    """Behaves as the chain does, as `tests/ports/name_service` sees to."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.names: dict[str, FakeName] = {}
        self.claims: dict[Address, str] = {}
        self.number = 7
        self.away = False
        self.asked = 0

    def look(self, name: EnsName, *, off_chain: bool = False) -> NameRecord:
        self._require_there()
        labels, found = name.split("."), self.names.get(name)
        second = self.names.get(".".join(labels[-2:]))
        registered = second.until if second else None
        limits = [one for one in [registered, *self._kept(labels)] if one is not None]
        until = min(limits, default=None)
        answering = None if found else self._answering(labels)
        stands_for = found.address if found and not found.off_chain else None
        if found and found.off_chain and off_chain:
            stands_for = found.elsewhere
        return NameRecord(
            name=name,
            block=Evidence(31337, self.number, "0x" + "07" * 32, self.now),
            address=self.names[answering].below if answering else stands_for,
            answered_by=EnsName(answering) if answering else None,
            owner=self._owner(found) if found else None,
            wrapped=bool(found and found.wrapped),
            expires_at=until,
            graced=until is not None and until == registered,
            off_chain=bool(found and found.off_chain),
            contenthash=found.contenthash if found else None,
            texts=dict(found.texts) if found else {},
        )

    def primary_name(self, address: Address) -> str | None:
        self._require_there()
        claimed = self.claims.get(address)
        record = self.look(EnsName(claimed)) if claimed else None
        if record is None or (record.expires_at is not None and record.expires_at <= self.now):
            return None
        return claimed if record.address == address else None

    def availability(self, labels: Sequence[str]) -> list[Availability]:
        self._require_there()
        return [
            Availability(
                label, self._is_free(label), Money(PRICE_A_YEAR * _SHORT.get(len(label), 1), COIN)
            )
            for label in labels
        ]

    def _kept(self, labels: list[str]) -> list[datetime]:
        above = [".".join(labels[start:]) for start in range(len(labels) - 2)]
        found = [self.names[one].kept_until for one in above if one in self.names]
        return [one for one in found if one is not None]

    def _answering(self, labels: list[str]) -> str | None:
        """The nearest name above that answers for all below it."""
        if not all(labels) or len(labels) > MAX_LABELS:
            return None
        above = [".".join(labels[start:]) for start in range(1, len(labels))]
        return next((one for one in above if one in self.names and self.names[one].below), None)

    def _owner(self, name: FakeName) -> Address | None:
        if name.wrapped:
            over = name.kept_until is not None and name.kept_until < self.now
            return None if over and name.final else name.owner
        return None if name.until is not None and name.until <= self.now else name.owner

    def _is_free(self, label: str) -> bool:
        name = self.names.get(f"{label}.eth")
        return name is None or name.until is None or name.until + GRACE < self.now

    def _require_there(self) -> None:
        self.asked += 1
        if self.away:
            raise ProviderUnavailable("chain 31337 cannot be reached")


def a_name(owner: Address, *, days: float = 365, now: datetime | None = None) -> FakeName:
    """A registered name that stands for its owner."""
    began = now or datetime(2026, 3, 1, 12, tzinfo=UTC)
    return FakeName(owner, owner, began + timedelta(days=days))


class Pages:
    """An `HttpFetcher` of pages that a test writes; `fetched` are those that were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Fetched] = {}
        self.fetched: list[str] = []

    def put(self, url: str, body: bytes, status: int = 200) -> None:
        self.pages[url] = Fetched(status, {}, body)

    def fetch(self, url: str, *, max_bytes: int, timeout_seconds: float) -> Fetched:
        self.fetched.append(url)
        if url not in self.pages:
            raise ProviderUnavailable("the server could not be connected to")
        if len(self.pages[url].body) > max_bytes:
            raise ProviderRejected(f"the answer has more than {max_bytes} bytes")
        return self.pages[url]
