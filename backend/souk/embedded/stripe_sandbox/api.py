"""The routes of the API, and what every request goes through: key, idempotency, faults, one
transaction."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from souk.adapters.stripe.version import API_VERSION
from souk.embedded.stripe_sandbox import (
    accounts,
    charges,
    deliveries,
    disputes,
    intents,
    listing,
    methods,
    setups,
    transfers,
)
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.faults import REQUEST_FAULTS, Fault, Faults
from souk.embedded.stripe_sandbox.form import Params, parse
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.world import Call, World, shown

_BODY_AT_MOST = 256 * 1024
_KEY_AT_MOST = 255

Handler = Callable[..., Object]

# Path, method, handler, and whether a browser with the publishable key may ask for it.
_ROUTES: tuple[tuple[str, str, Handler, bool], ...] = (
    ("/payment_intents", "POST", intents.create, False),
    ("/payment_intents/{id}", "GET", intents.get, True),
    ("/payment_intents/{id}", "POST", intents.update, False),
    ("/payment_intents/{id}/confirm", "POST", intents.confirm, True),
    ("/payment_intents/{id}/cancel", "POST", intents.cancel, False),
    ("/setup_intents", "POST", setups.create, False),
    ("/setup_intents/{id}", "GET", setups.get, True),
    ("/setup_intents/{id}/confirm", "POST", setups.confirm, True),
    ("/setup_intents/{id}/cancel", "POST", setups.cancel, False),
    ("/payment_methods", "POST", methods.create_method, True),
    ("/payment_methods/{id}", "GET", methods.get_method, False),
    ("/payment_methods/{id}/attach", "POST", methods.attach, False),
    ("/payment_methods/{id}/detach", "POST", methods.detach, False),
    ("/customers", "POST", methods.create_customer, False),
    ("/customers/{id}", "GET", methods.get_customer, False),
    ("/charges/{id}", "GET", charges.get, False),
    ("/refunds", "POST", charges.refund, False),
    ("/refunds/{id}", "GET", charges.get_refund, False),
    ("/transfers", "POST", transfers.create, False),
    ("/transfers/{id}", "GET", transfers.get, False),
    ("/transfers/{id}/reversals", "POST", transfers.reverse, False),
    ("/disputes/{id}", "GET", disputes.get, False),
    ("/disputes/{id}", "POST", disputes.update, False),
    ("/disputes/{id}/close", "POST", disputes.close, False),
    ("/accounts", "POST", accounts.create, False),
    ("/accounts/{id}", "GET", accounts.get, False),
    ("/account_links", "POST", accounts.link, False),
    ("/balance", "GET", listing.get_balance, False),
    ("/balance_transactions/{id}", "GET", listing.get_transaction, False),
    ("/events/{id}", "GET", listing.get_event, False),
    ("/webhook_endpoints", "POST", deliveries.create_endpoint, False),
    ("/webhook_endpoints/{id}", "DELETE", deliveries.delete_endpoint, False),
)


@dataclass(slots=True)
class Answer:
    """What goes back; `replayed` when it is the answer of an earlier request with that key."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


class Api:
    """Answers requests one after the other; each is one transaction."""

    def __init__(self, world: World, faults: Faults, wake: Callable[[], None]) -> None:
        self._world = world
        self._faults = faults
        self._wake = wake

    def routes(self) -> list[Route]:
        """All of `/v1`."""
        return [
            *(self._route(*each) for each in _ROUTES),
            *(self._route(f"/{path}", "GET", self._lister(path)) for path in listing.LISTS),
        ]

    def _lister(self, path: str) -> Handler:
        return lambda world, params: listing.page(world, params, path)

    def _route(self, path: str, method: str, handler: Handler, browser: bool = False) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._answer(request, handler, browser)

        return Route(f"/v1{path}", endpoint, methods=[method])

    async def _answer(self, request: Request, handler: Handler, browser: bool) -> Response:
        encoded = await _read(request)
        fault = self._faults.meet(REQUEST_FAULTS, request.url.path)
        if fault is not None and fault.kind == "timeout_before_effect":
            await asyncio.sleep(fault.seconds)
        call = Call(Params({}))
        try:
            _limit(fault)
            call = self._call(request, encoded, browser)
            answer = self._do(request, encoded, handler, call, fault)
        except Refusal as refusal:
            answer = Answer(refusal.http_status, refusal.to_json())
        self._wake()
        if fault is not None and fault.kind == "timeout_after_effect":
            await asyncio.sleep(fault.seconds)
        headers = {"Request-Id": call.request_id, "Stripe-Version": API_VERSION}
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        body = json.dumps(answer.body)
        return Response(body, answer.status, headers, media_type="application/json")

    def _call(self, request: Request, encoded: str, may_browse: bool) -> Call:
        settings = self._world.settings
        key = _key(request)
        is_secret = hmac.compare_digest(key.encode(), settings.secret_key.encode())
        is_public = hmac.compare_digest(key.encode(), settings.publishable_key.encode())
        if not (is_secret or is_public):
            raise Refusal(f"Invalid API Key provided: {key[:8]}****", status=401)
        if is_public and not may_browse:
            raise Refusal(
                "This API call cannot be made with a publishable API key.",
                status=403,
                code="secret_key_required",
            )
        idempotency_key = request.headers.get("Idempotency-Key") or None
        if idempotency_key is not None and len(idempotency_key) > _KEY_AT_MOST:
            raise Refusal("Idempotency keys have at most 255 characters", kind="idempotency_error")
        params = Params(parse("&".join(filter(None, (request.url.query, encoded)))))
        return Call(
            params,
            account=self._account(request),
            browser=is_public,
            idempotency_key=idempotency_key if request.method == "POST" else None,
        )

    def _account(self, request: Request) -> str | None:
        account = request.headers.get("Stripe-Account") or None
        if account is not None and self._world.store.get("account", account) is None:
            raise Refusal(
                f"The provided key does not have access to account '{account}'.",
                status=403,
                code="account_invalid",
            )
        return account

    def _do(
        self, request: Request, encoded: str, handler: Handler, call: Call, fault: Fault | None
    ) -> Answer:
        key = call.idempotency_key and f"{call.account or ''}:{call.idempotency_key}"
        asked = f"{request.method} {request.url.path}?{request.url.query} {encoded}"
        fingerprint = hashlib.sha256(asked.encode()).hexdigest()
        if key is not None and (former := self._replay(key, fingerprint)) is not None:
            return former
        self._world.call = call
        try:
            with self._world.store.transaction():
                answer = self._run(request, handler, call, fault)
                if key is not None:
                    self._world.store.database.execute(
                        "INSERT INTO replay (key, fingerprint, status, body) VALUES (?, ?, ?, ?)",
                        (key, fingerprint, answer.status, json.dumps(answer.body)),
                    )
        finally:
            self._world.call = None
        return answer

    def _run(self, request: Request, handler: Handler, call: Call, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind == "server_error":
            return Answer(500, _broken().to_json())
        item = handler(self._world, call.params, **_path(request))
        answer = _declined(item) or Answer(200, shown(self._world.expand(item, call.params.expand)))
        if fault is not None and fault.kind == "server_error_after_effect":
            return Answer(500, _broken().to_json())
        return answer

    def _replay(self, key: str, fingerprint: str) -> Answer | None:
        row = self._world.store.database.execute(
            "SELECT fingerprint, status, body FROM replay WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            raise Refusal(
                "Keys for idempotent requests can only be used with the same parameters they were"
                " first used with.",
                kind="idempotency_error",
            )
        return Answer(row[1], json.loads(row[2]), replayed=True)


def _path(request: Request) -> dict[str, str]:
    return {"id_": request.path_params["id"]} if "id" in request.path_params else {}


def _declined(item: Object) -> Answer | None:
    """A card that was declined is an error to whoever confirms, though the attempt is recorded."""
    if not item.pop("_declined", False):
        return None
    error = item.get("last_payment_error") or item["last_setup_error"]
    return Answer(402, {"error": {**shown(error), item["object"]: shown(item)}})


def _limit(fault: Fault | None) -> None:
    if fault is not None and fault.kind == "rate_limit":
        raise Refusal("Too many requests in a period of time.", status=429, code="rate_limit")


def _broken() -> Refusal:
    return Refusal("An unknown error occurred", status=500, kind="api_error")


def _key(request: Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    raise Refusal("You did not provide an API key.", status=401)


async def _read(request: Request) -> str:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _BODY_AT_MOST:
            return ""
        parts.append(part)
    return b"".join(parts).decode(errors="replace")
