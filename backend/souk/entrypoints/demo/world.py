"""Everything the stories are played in: the server, the chain, the database and the cast."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from souk.entrypoints.demo.books import Balance, read_balances
from souk.entrypoints.demo.cards import CardProvider
from souk.entrypoints.demo.client import Api
from souk.entrypoints.demo.contracts import Escrow, Token
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import OrderEvidence
from souk.entrypoints.demo.narrator import Narrator, money, short
from souk.entrypoints.demo.node import Node
from souk.entrypoints.demo.people import Merchant, Person, Shopper
from souk.entrypoints.demo.rows import Connection, OrderRows, read_order
from souk.entrypoints.demo.waiting import StoryFailed, until

_STEP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class World:
    """One running stack and the people who use it."""

    api: Api
    node: Node
    cards: CardProvider
    connection: Connection
    narrator: Narrator
    chain_id: int
    escrow: Escrow
    dollar: Token
    confirmations: int
    buyer: Shopper
    sellers: tuple[Merchant, Merchant]

    def confirm(self) -> None:
        """Add as many blocks as a payment needs on top of the one it is in."""
        self.node.mine(self.confirmations - 1)

    def accept_cards(self) -> None:
        """The sellers have the provider pay them, and hand in what it still asks for."""
        for seller in self.sellers:
            path = f"/api/payments/payees/{seller.store_id}"

            def ready(seller: Merchant = seller, path: str = path) -> bool | None:
                return seller.do("GET", path)["ready"].raw is True or None

            if ready():
                continue
            asked = seller.do("POST", path)["onboarding_url"]
            if not asked.missing:
                self.cards.hand_in_papers(asked.text)
            until(ready, f"{seller.name} to be paid by card", seconds=_STEP_SECONDS)
            self.narrator.say(seller.name, "can be paid by card")

    def evidence(self, order_id: str) -> OrderEvidence:
        """What database, chain and API say about an order now."""
        rows = self.settled_rows(order_id)
        page = self.buyer.order(order_id)
        legs = rows.legs
        return OrderEvidence(
            rows=rows,
            states=tuple(self.escrow.state(leg.escrow_id) for leg in legs),
            logs=tuple(log for leg in legs for log in self.escrow.logs(leg.escrow_id)),
            page=page,
            timeline=self.api.ask("GET", timeline_path(page)),
            html=self.api.ask("GET", page_path(page)),
            terms=self.buyer.do("GET", f"/api/orders/{order_id}/terms"),
        )

    def settled_rows(self, order_id: str) -> OrderRows:
        """The rows once every message about the order was delivered; as they are when that takes
        too long, which is for a check to notice."""
        read = partial(read_order, self.connection, order_id)

        def look() -> OrderRows | None:
            rows = read()
            return None if rows.circumstances.undelivered else rows

        with suppress(StoryFailed):
            return until(look, "the outbox to be empty", seconds=_STEP_SECONDS)
        return read()


def page_path(page: Document) -> str:
    """The order's page in a browser."""
    return f"/orders/{page['id'].text}?key={page['timeline_key'].text}"


def timeline_path(page: Document) -> str:
    """The document that page reads."""
    return f"/api/orders/{page['id'].text}/timeline?key={page['timeline_key'].text}"


def events_url(world: World, page: Document) -> str:
    """The stream that page listens to."""
    path = f"/api/orders/{page['id'].text}/events?key={page['timeline_key'].text}"
    return world.api.url + path


class Timeline:
    """Follows one order and tells what is new in it."""

    def __init__(self, world: World, reader: Person, order_id: str, label: str = "") -> None:
        self._world = world
        self._reader = reader
        self._label = f"{label}: " if label else ""
        self._told_steps = 0
        self._told_attempts: dict[str, str] = {}
        self._told_balances: list[Balance] = []
        self.order_id = order_id
        page = self.look()
        world.narrator.note(f"{self._label}{world.api.url}{page_path(page)}")

    def until_status(self, status: str, *, seconds: float = _STEP_SECONDS) -> Document:
        """Wait until the order is in a status."""
        return self.until(
            lambda page: page["status"].text == status, f"to be {status}", seconds=seconds
        )

    def until_attempt(self, *statuses: str) -> Document:
        """Wait until the order's payment attempt is in one of these states."""
        return self.until(
            lambda page: page["attempts"][-1]["status"].text in statuses,
            f"to have an attempt that is {' or '.join(statuses)}",
        )

    def until(
        self, holds: Callable[[Document], bool], what: str, *, seconds: float = _STEP_SECONDS
    ) -> Document:
        """Wait until the order's page is as it should be, telling what happens meanwhile."""

        def look() -> Document | None:
            page = self.look()
            return page if holds(page) else None

        return until(look, f"order {self.order_id} {what}", seconds=seconds)

    def look(self) -> Document:
        """Read the order's page and tell what is new."""
        page = self._reader.order(self.order_id)
        for attempt in page["attempts"]:
            self._tell_attempt(attempt)
        for step in list(page["history"])[self._told_steps :]:
            self._told_steps += 1
            self._tell_step(step)
        balances = read_balances(self._world.connection, self.order_id)
        if balances != self._told_balances:
            self._told_balances = balances
            self._world.narrator.ledger(balances)
        return page

    def _tell_step(self, step: Document) -> None:
        before, after = step.find("from"), step["to"].text
        status = after if before in (None, after) else f"{before} → {after}"
        what = f"{self._label}{step['reason'].text}{_place(step['evidence'])}"
        self._world.narrator.say(step["actor"].text, what, status=status)

    def _tell_attempt(self, attempt: Document) -> None:
        status, leg = attempt["status"].text, attempt["leg"]["status"].text
        name = attempt["id"].text
        now = f"{status}, leg {leg}{_depth(attempt)}"
        if self._told_attempts.get(name) == now:
            return
        self._told_attempts[name] = now
        total = attempt["total"]
        amount = money(total["amount"].number, total["exponent"].number, attempt["symbol"].text)
        self._world.narrator.say("payment", f"{self._label}attempt over {amount} is {now}")


def _place(evidence: Document) -> str:
    transaction, block = evidence.find("transaction_hash"), evidence.find("block_number")
    if not isinstance(transaction, str):
        return ""
    return f"  tx {short(transaction)} block {block}"


def _depth(attempt: Document) -> str:
    """How many confirmations a payment has while they are being counted."""
    have, need = attempt.find("confirmations", "have"), attempt.find("confirmations", "need")
    if not isinstance(have, int) or not isinstance(need, int) or have >= need:
        return ""
    return f", {have} of {need} confirmations"
