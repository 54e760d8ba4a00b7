"""The card provider, spoken to as a payer's browser does, and seen as its dashboard shows it."""

from collections.abc import Mapping

import httpx

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.waiting import StoryFailed

GOOD_CARD = "pm_card_visa"
EMPTY_CARD = "pm_card_chargeDeclinedInsufficientFunds"
_TIMEOUT_SECONDS = 20


class CardProvider:
    """Stripe for tests, or the sandbox that speaks its API. Only test keys are used."""

    def __init__(self, url: str, secret_key: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)
        self._secret_key = secret_key

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def confirm(self, action: Document, card: str) -> bool:
        """Enter a card where the provider asks for it, with nothing but what a browser was given;
        whether the bank took it. Raises `StoryFailed`."""
        path = f"/v1/payment_intents/{action['reference'].text}/confirm"
        given = {"client_secret": action["client_secret"].text, "payment_method": card}
        answer = self._send("POST", path, action["publishable_key"].text, given)
        if answer.status_code == httpx.codes.PAYMENT_REQUIRED:
            return False
        self._body(answer, path)
        return True

    def hand_in_papers(self, onboarding_url: str) -> None:
        """Complete a seller's account on the page that its owner was sent to."""
        answer = httpx.post(onboarding_url, timeout=_TIMEOUT_SECONDS)
        if answer.is_error:
            raise StoryFailed(f"the provider's page answered {answer.status_code}")

    def intent(self, reference: str) -> Document:
        """A payment as the provider knows it."""
        return self._look(f"/v1/payment_intents/{reference}", {})

    def refunds(self, reference: str) -> list[int]:
        """What was given back of a payment, in cents."""
        found = self._look("/v1/refunds", {"payment_intent": reference, "limit": "100"})
        return sorted(one["amount"].number for one in found["data"])

    def transfers(self, group: str) -> list[int]:
        """What was handed on to sellers, in cents."""
        found = self._look("/v1/transfers", {"transfer_group": group, "limit": "100"})
        return sorted(one["amount"].number for one in found["data"])

    def _look(self, path: str, asked: Mapping[str, str]) -> Document:
        return self._body(self._send("GET", path, self._secret_key, asked), path)

    def _send(self, method: str, path: str, key: str, given: Mapping[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        try:
            if method == "GET":
                return self._http.get(path, headers=headers, params=given)
            return self._http.post(path, headers=headers, data=given)
        except httpx.HTTPError as error:
            raise StoryFailed(f"{path} of the card provider: {type(error).__name__}") from error

    @staticmethod
    def _body(answer: httpx.Response, path: str) -> Document:
        if answer.is_error:
            raise StoryFailed(f"{path} of the card provider answered {answer.status_code}")
        return Document.parse(answer.text, path)
