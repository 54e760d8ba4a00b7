"""People who show at a provider who they are."""

from dataclasses import dataclass

import httpx

from souk.adapters.stripe.identity import StripeIdentityCheck
from tests.support.card_server import CardServer

BACK = "http://127.0.0.1:8000/"
GENUINE = "genuine"
EXPIRED = "document_expired"


def a_stripe_check(server: CardServer) -> StripeIdentityCheck:
    """The product's check on a server that speaks Stripe's API."""
    return StripeIdentityCheck(server.api(), return_url=BACK)


@dataclass(frozen=True)
class Person:
    """Whoever was sent to the provider."""

    server: CardServer

    def shows(self, url: str, document: str = GENUINE) -> httpx.Response:
        """Hand in a document, at which nobody has looked yet."""
        return httpx.post(url, data={"answer": document})

    def is_looked_at(self, url: str, document: str = GENUINE) -> None:
        """The same, and wait for the outcome."""
        session = url.rpartition("/")[2]
        self.shows(url, document)
        find = self.server.client().v1.identity.verification_sessions.retrieve
        self.server.hurry_until(lambda: find(session).status != "processing")
