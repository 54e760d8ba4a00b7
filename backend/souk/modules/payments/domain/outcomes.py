"""What a rail answers when it is asked to move money."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from souk.core.addresses import Address
from souk.core.clock import rfc3339
from souk.core.money import Money
from souk.modules.payments.domain.facts import Observation
from souk.modules.payments.domain.instructions import Instruction


@dataclass(frozen=True, slots=True, kw_only=True)
class CallToSign:
    """A transaction for a wallet to sign: `data` is 0x-hex calldata, `value` in the native coin's
    smallest unit, `says` one sentence for the person."""

    chain_id: int
    to: Address
    data: str
    value: int
    says: str

    def to_json(self) -> dict[str, object]:
        """The call for a client, ready for `eth_sendTransaction` but for its numbers, which are
        decimal strings."""
        return {
            "chain_id": self.chain_id,
            "to": self.to,
            "data": self.data,
            "value": str(self.value),
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Executed:
    """Done, by the rail's own word; `facts` are what it thereby said."""

    reference: str
    facts: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """Under way; an observation will tell. `facts` are what the rail has said so far."""

    reference: str
    facts: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsSignature:
    """Nothing moves until `by` (`None` when the legs have different parties, or anybody may) signs
    the calls, in order, not after `until` where there is a limit. Where `typed_data` is given,
    `by` then signs that message (EIP-712), and the rail is asked again with the signature."""

    by: Address | None
    calls: tuple[CallToSign, ...]
    typed_data: Mapping[str, object] | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsBrowser:
    """The payer goes on in a browser, at the provider's own fields: no card number ever comes to
    us. `client_secret` opens this payment alone and is for its payer only: it is stored nowhere
    and logged nowhere."""

    provider: str
    reference: str
    client_secret: str
    publishable_key: str
    until: datetime

    def __repr__(self) -> str:
        return f"NeedsBrowser({self.provider}, {self.reference})"


@dataclass(frozen=True, slots=True)
class Instructed:
    """The rail moves the money when we tell it to. Each instruction is stored under a key of its
    own before it is carried out, and repeated under that key until its outcome is known."""

    instructions: tuple[Instruction, ...]


Outcome = Executed | Pending | NeedsSignature | NeedsBrowser | Instructed


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """An outcome for a client; amounts as strings, times as RFC 3339."""
    match outcome:
        case Executed(reference):
            return {"type": "executed", "reference": reference}
        case Pending(reference):
            return {"type": "pending", "reference": reference}
        case NeedsSignature():
            return {
                "type": "needs_signature",
                "by": outcome.by,
                "calls": [call.to_json() for call in outcome.calls],
                "typed_data": outcome.typed_data,
                "until": None if outcome.until is None else rfc3339(outcome.until),
            }
        case NeedsBrowser():
            return {
                "type": "needs_browser",
                "provider": outcome.provider,
                "reference": outcome.reference,
                "client_secret": outcome.client_secret,
                "publishable_key": outcome.publishable_key,
                "until": rfc3339(outcome.until),
            }
        case Instructed():
            raise TypeError("an instruction is carried out before anybody hears of it")
        case _:
            assert_never(outcome)


def without_secret(outcome: Outcome) -> Outcome:
    """The same as it may be stored: a client's secret is read anew when it is needed again."""
    return replace(outcome, client_secret="") if isinstance(outcome, NeedsBrowser) else outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Money that a rail keeps for an account because it could not be handed over; `token` is the
    zero address for the native coin."""

    account: Address
    token: Address
    amount: Money
