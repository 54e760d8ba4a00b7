"""A shop with everybody around it, who do what they like, while the provider, its messages and our
own processes fail."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

import stripe
from httpx import HTTPStatusError
from sqlalchemy import text

from souk.core.errors import DomainError
from souk.modules.orders.domain import HoldKind
from souk.modules.payments.domain import (
    CardChoice,
    InstructionKind,
    Leg,
    NeedsBrowser,
    StoredInstruction,
)
from souk.modules.payments.service import StartedAttempt
from tests.support.card_hooks import Killed
from tests.support.card_oracle import Money, at_provider, in_books
from tests.support.card_shop import AWAY, UNKNOWN, CardShop
from tests.support.order_builders import orders_on


class Trouble(Enum):
    """What happens at the next call to the provider."""

    AWAY = "nobody answers, and nothing happens"
    UNKNOWN_BEFORE = "nobody answers, and nothing happened"
    UNKNOWN_AFTER = "nobody answers, and it happened"
    KILLED_BEFORE = "our process dies before it"
    KILLED_AFTER = "our process dies after it"

    @property
    def is_after(self) -> bool:
        return self in (Trouble.UNKNOWN_AFTER, Trouble.KILLED_AFTER)

    def strike(self) -> None:
        if self in (Trouble.KILLED_BEFORE, Trouble.KILLED_AFTER):
            raise Killed(self.value)
        raise AWAY if self is Trouble.AWAY else UNKNOWN


@dataclass
class _Process:
    """Our own process, which may die at any call to the provider. `happened` counts what really
    took place, and how much was refused."""

    shop: CardShop
    started: list[StartedAttempt] = field(default_factory=list)
    trouble: Trouble | None = None
    mail: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        newest = self.shop.client.v1.events.list({"limit": 1}).data
        self._read_up_to = newest[0].id if newest else None
        self.start_anew()

    def start_anew(self) -> None:
        """A new process, which knows only what is stored."""
        self.shop.start_anew(before=self._before, after=self._after)

    def _before(self, name: str, *arguments: object) -> None:
        if name == "carry_out":
            self._require_unheld(*arguments)
        self._strike(after=False)

    def _after(self, _name: str, *_arguments: object) -> None:
        self._strike(after=True)

    def _strike(self, *, after: bool) -> None:
        trouble = self.trouble
        if trouble is not None and trouble.is_after is after:
            self.trouble = None
            self.happened[trouble.name] += 1
            trouble.strike()

    def _require_unheld(self, stored: StoredInstruction, leg: Leg, *_rest: object) -> None:
        """Nobody is paid while a bank asks for the money."""
        with self.shop.uow.begin() as tx:
            holds = orders_on(self.shop.uow).list_holds(tx, leg.order_id)
        kind = stored.instruction.kind
        if HoldKind.CHARGEBACK in holds and kind is not InstructionKind.RECOVER:
            raise AssertionError(f"{kind} of {leg.id} while a bank asks for the money")

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Do something that may be refused, or be cut off."""
        try:
            yield
        except (DomainError, stripe.StripeError):
            self.happened[f"{what} refused"] += 1
        except Killed:
            self.start_anew()
        else:
            self.happened[what] += 1

    def look_at_all(self) -> None:
        for attempt in self.shop.card_attempts():
            with self.trying("look"):
                self.shop.payments.look_at(attempt)

    def attempts(self) -> list[str]:
        return [attempt.id for attempt in self.shop.card_attempts()]


class _People(_Process):
    """The payer, the payer's bank, and whoever sits at the provider's own pages."""

    def choose_card(self, choice: CardChoice) -> None:
        with self.trying("card"):
            self.started.append(self.shop.begin(choice))

    def pay_in_browser(self, method: str) -> None:
        """With whatever the payer's browser knows, be it of an attempt that is long over."""
        known = [one for one in self.started if isinstance(one.needs, NeedsBrowser)]
        if known:
            intent, params = str(known[-1].needs.reference), {"payment_method": method}
            with self.trying("paid in browser"):
                self.shop.client.v1.payment_intents.confirm(intent, params)

    def dispute(self, **fields: object) -> None:
        """Of the payment that was made last."""
        charges = [charge for charge in map(self._charge, self.attempts()) if charge]
        if charges:
            with self.trying("dispute"), provider_errors():
                made = self.shop.server.control("disputes", charge=charges[-1], **fields)
                self.disputes.append(made["id"])

    def _charge(self, attempt_id: str) -> str | None:
        found = self.shop.client.v1.charges.list({"transfer_group": attempt_id, "limit": 1}).data
        return found[0].id if found else None

    def of_dispute(self, path: str, **fields: object) -> None:
        """Of the newest that the bank has not decided."""
        if self.disputes:
            with self.trying(path), provider_errors():
                self.shop.server.control(f"disputes/{self.disputes[-1]}/{path}", **fields)

    def decide(self, *, won: bool) -> None:
        """A bank decides once."""
        self.of_dispute("end", won=str(won).lower())
        self.disputes = self.disputes[:-1]

    def give_back_by_hand(self, amount: int) -> None:
        """Somebody does it at the provider's own pages, and we are told at once."""
        for attempt_id in self.attempts():
            charge = self._charge(attempt_id)
            if charge is not None:
                with self.trying("by hand"):
                    self.shop.client.v1.refunds.create({"charge": charge, "amount": amount})
        self.look_at_all()


class CardWorld(_People):
    """One story."""

    def fetch_mail(self) -> None:
        """What the provider has told since it was last looked at; nothing has arrived yet."""
        params = {"limit": 100}
        if self._read_up_to is not None:
            params["ending_before"] = self._read_up_to
        events = self.shop.client.v1.events.list(params).data
        if events:
            self._read_up_to = events[0].id
        told = [(event.id, json.dumps(event.to_dict()).encode()) for event in reversed(events)]
        self.mail += told

    def deliver(self, message: tuple[str, bytes]) -> None:
        with self.trying("webhook"):
            self.shop.payments.handle_webhook(*message)

    def work(self, act: Callable[[], object]) -> None:
        with self.trying("work"):
            act()

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more, time goes by, and everybody does what is left to do."""
        self.trouble = None
        self.start_anew()
        self.shop.hurry()
        self.look_at_all()
        for _ in range(4):
            if not self.read("SELECT id FROM payment_instruction WHERE status = 'open'"):
                break
            self.shop.wall.advance(hours=26)
            self.work(self.shop.payments.carry_out_due)
            self.shop.hurry()
            self.look_at_all()

    def money(self) -> list[tuple[Money, Money]]:
        """Of each attempt by card what the provider has, and what the books say."""
        shop = self.shop
        return [(at_provider(shop.client, id_), in_books(shop.uow, id_)) for id_ in self.attempts()]

    def read(self, sql: str) -> list[tuple[object, ...]]:
        with self.shop.uow.begin() as tx:
            return [tuple(row) for row in tx.session.execute(text(sql))]


@contextmanager
def provider_errors() -> Iterator[None]:
    """What cannot be ordered of the sandbox now is refused like anything else at the provider."""
    try:
        yield
    except HTTPStatusError as refusal:
        raise stripe.InvalidRequestError(str(refusal), None) from None
