"""What Stripe says, by whichever way: a webhook, the answer to a request, a look of our own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from souk.adapters.stripe.holds import said_of_charge, said_of_intent
from souk.adapters.stripe.looking import Looking
from souk.adapters.stripe.moves import said_of_refund, said_of_transfer
from souk.adapters.stripe.objects import Account, Charge, Dispute, Intent, Refund, Transfer, read
from souk.adapters.stripe.tags import find_move_tag
from souk.adapters.stripe.webhooks import ABOUT_AN_ACCOUNT, read_message
from souk.adapters.stripe.weighing import weigh
from souk.adapters.stripe.whole import known_of, said_of_whole
from souk.modules.payments.domain import Attempt, Leg, LegLookup, Observation
from souk.modules.payments.ports import PayeeAccount, RailMessage, Said

Object = Mapping[str, object]


def _of_intent(item: Object, at: datetime) -> Sequence[Said]:
    return said_of_intent(read(Intent, item), at)


def _of_charge(item: Object, at: datetime) -> Sequence[Said]:
    return said_of_charge(read(Charge, item), at)


def _of_transfer(item: Object, _: datetime) -> Sequence[Said]:
    return said_of_transfer(read(Transfer, item))


def _of_refund(item: Object, _: datetime) -> Sequence[Said]:
    return said_of_refund(read(Refund, item))


def _of_account(item: Object, _: datetime) -> Sequence[Said]:
    account = read(Account, item)
    return [PayeeAccount(reference=account.id, ready=account.ready)]


_READERS: Mapping[str, Callable[[Object, datetime], Sequence[Said]]] = {
    "payment_intent.processing": _of_intent,
    "payment_intent.succeeded": _of_intent,
    "payment_intent.payment_failed": _of_intent,
    "payment_intent.canceled": _of_intent,
    "charge.pending": _of_charge,
    "charge.succeeded": _of_charge,
    "charge.failed": _of_charge,
    "transfer.created": _of_transfer,
    "transfer.reversed": _of_transfer,
    "refund.created": _of_refund,
    "refund.updated": _of_refund,
    "refund.failed": _of_refund,
    "charge.refund.updated": _of_refund,
    ABOUT_AN_ACCOUNT: _of_account,
}
"""What a message is about; each says all that its object does. `charge.refunded` says of the
charge alone that something went back, and `refund.created` says what."""

_DISPUTES = "charge.dispute."
ABOUT_MONEY = (
    *(name for name in _READERS if name != ABOUT_AN_ACCOUNT),
    *(f"{_DISPUTES}{turn}" for turn in ("created", "updated", "closed")),
    *(f"{_DISPUTES}funds_{turn}" for turn in ("withdrawn", "reinstated")),
)
"""The messages that may move money in our books. Stripe lists events of up to twenty kinds."""

_REFUNDS = frozenset(name for name, reader in _READERS.items() if reader is _of_refund)


class StripeHearing:
    """The half of the gateway that changes nothing at Stripe."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking

    def list_said(self, attempt: Attempt) -> Sequence[Said]:
        """What the attempt's intent, charges, transfers, refunds and disputes say as they are now;
        nothing when Stripe knows no intent of it."""
        if attempt.provider_reference is not None:
            intent = self._looking.intent(attempt.provider_reference)
        elif (found := self._looking.find_intent(attempt.id)) is not None:
            intent = found
        else:
            return ()
        return tuple(said_of_whole(self._looking.whole(intent, attempt.id), known_of(attempt.legs)))

    def lookup(self, leg: Leg) -> LegLookup:
        """What all of these amount to for one leg. Stripe knows nothing of goods: whether the leg
        is fulfilled, and until when the buyer may complain, is what the leg says itself."""
        intent = self._looking.find_charged(leg.attempt_id)
        if intent is None:
            return weigh(leg, [])
        said = said_of_whole(self._looking.whole(intent, leg.attempt_id), known_of([leg]))
        return weigh(leg, [one for one in said if isinstance(one, Observation)])

    def parse_observation(self, message: RailMessage) -> Sequence[Said]:
        """What a webhook says by itself. An account that is not ours speaks of itself alone: what
        it writes on its payments is its own. Raises `ProviderRejected` for what Stripe cannot have
        meant."""
        reader = _READERS.get(message.name)
        if reader is None:
            return ()
        told = read_message(message)
        if told.account is not None and message.name != ABOUT_AN_ACCOUNT:
            return ()
        return reader(told.object, told.at)

    def needs_look(self, message: RailMessage) -> str | None:
        """The intent that a webhook is about, when what it means takes a look at all of it: a
        chargeback, and a refund that somebody made by hand."""
        disputed = message.name.startswith(_DISPUTES)
        if not disputed and message.name not in _REFUNDS:
            return None
        told = read_message(message)
        if told.account is not None:
            return None
        if disputed:
            return read(Dispute, told.object).payment_intent
        refund = read(Refund, told.object)
        return refund.payment_intent if find_move_tag(refund) is None else None
