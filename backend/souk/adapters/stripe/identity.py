"""The check of a seller that Stripe Identity makes: https://docs.stripe.com/identity.

A document is looked at there, and what it says about a person stays there: we read whether the
check was passed, and the code of why it was not.
"""

import re
from collections.abc import Mapping

from souk.adapters.stripe.client import StripeApi, is_replay
from souk.adapters.stripe.objects import Session, read
from souk.adapters.stripe.webhooks import read_event
from souk.core.errors import ProviderRejected
from souk.modules.sellers.ports import CheckState, IdentityFinding, IdentityRequest

SELLER = "seller"
"""The metadata that says whom a session is about."""

# It becomes a part of an address.
_REFERENCE = re.compile(r"vs_[A-Za-z0-9_]{1,250}")
_EVENTS = frozenset(
    f"identity.verification_session.{turn}"
    for turn in ("verified", "requires_input", "canceled", "processing")
)
_STATES: Mapping[str, CheckState] = {
    "processing": CheckState.UNDER_WAY,
    "verified": CheckState.PASSED,
    "canceled": CheckState.CALLED_OFF,
}


class StripeIdentityCheck:
    """One VerificationSession a try. After a day Stripe forgets a key, and what it then makes anew
    costs nothing until somebody goes there."""

    def __init__(self, api: StripeApi, *, return_url: str) -> None:
        self._api = api
        self._return_url = return_url

    def begin(self, seller_id: str, *, key: str) -> IdentityRequest:
        """A session for a document. What was made before under this key is looked up, since its
        address is good for one visit. Raises `ProviderUnavailable`, `ProviderRejected`,
        `OutcomeUnknown`."""
        made = self._api.write(
            lambda client: client.v1.identity.verification_sessions.create(
                {
                    "type": "document",
                    "metadata": {SELLER: seller_id},
                    "return_url": self._return_url,
                },
                {"idempotency_key": key},
            )
        )
        session = read(Session, made.to_dict())
        if is_replay(made):
            session = self._retrieve(made.id)
        return IdentityRequest(reference=session.id, url=session.url)

    def look_up(self, reference: str) -> IdentityFinding | None:
        """The session as it is now; `None` when there is none of that name, or it names no
        seller."""
        if not _REFERENCE.fullmatch(reference):
            return None
        try:
            session = self._retrieve(reference)
        except ProviderRejected as refusal:
            if refusal.context.get("provider_code") != "resource_missing":
                raise
            return None
        seller_id = (session.metadata or {}).get(SELLER)
        if not seller_id:
            return None
        return IdentityFinding(
            reference=session.id,
            seller_id=seller_id,
            state=_state(session),
            code=session.last_error.code if session.last_error else None,
            url=session.url,
        )

    def read(self, message: bytes) -> str | None:
        """The session of an event that may have moved it."""
        event = read_event(message)
        named = event.object.get("id")
        return named if event.type in _EVENTS and isinstance(named, str) else None

    def _retrieve(self, reference: str) -> Session:
        found = self._api.read(
            lambda client: client.v1.identity.verification_sessions.retrieve(reference)
        )
        return read(Session, found.to_dict())


def _state(session: Session) -> CheckState:
    """A status that is new to us is one to wait for."""
    if session.status == "requires_input":
        return CheckState.OPEN if session.last_error is None else CheckState.FAILED
    return _STATES.get(session.status, CheckState.UNDER_WAY)
