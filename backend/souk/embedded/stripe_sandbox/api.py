"""What every request of the API goes through: key, idempotency, faults, one transaction."""

import asyncio
import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from souk.adapters.stripe.version import API_VERSION
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.faults import Faults
from souk.embedded.stripe_sandbox.form import Params, parse
from souk.embedded.stripe_sandbox.routes import BROWSERS, ROUTES, Handler
from souk.embedded.stripe_sandbox.store import Object, to_json
from souk.embedded.stripe_sandbox.wire import Reply, Request, View, Views
from souk.embedded.stripe_sandbox.world import Call, World, shown

_KEY_AT_MOST = 255
_KEY_SECONDS = 24 * 3600
# Pages of a shop ask in their buyers' browsers; they know the publishable key alone.
_ANY_ORIGIN = [("Access-Control-Allow-Origin", "*")]


@dataclass(slots=True)
class Answer:
    """What goes back; `replayed` when it is the answer of an earlier request with that key."""

    status: int
    body: str
    replayed: bool = False


class Api:
    """Answers requests one after the other; each is one transaction."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def views(self) -> Views:
        """All of `/v1`."""
        answers = {
            (method, f"/v1/{path}"): self._view(handler, (method, path) in BROWSERS)
            for method, path, handler in ROUTES
        }
        return {**answers, **{("OPTIONS", f"/v1/{path}"): _allow for _, path in BROWSERS}}

    def _view(self, handler: Handler, browser: bool) -> View:
        async def view(request: Request) -> Reply:
            reply = await self._answer(request, handler, browser)
            if browser:
                reply.headers += _ANY_ORIGIN
            return reply

        return view

    async def _answer(self, request: Request, handler: Handler, browser: bool) -> Reply:
        fault = self._faults.of_request(request.path)
        kind = fault.kind if fault else ""
        if fault is not None and kind == "timeout_before_effect":
            await asyncio.sleep(fault.seconds)
        if kind == "reset_before_effect":
            return Reply(200, broken=True)
        call = Call(Params({}))
        try:
            _limit(kind)
            call = self._call(request, browser)
            answer = self._do(request, handler, call, kind)
        except Refusal as refusal:
            answer = Answer(refusal.http_status, to_json(refusal.to_json()))
        if fault is not None and kind == "timeout_after_effect":
            await asyncio.sleep(fault.seconds)
        if kind == "reset_after_effect":
            return Reply(200, broken=True)
        headers = [("Request-Id", call.request_id), ("Stripe-Version", API_VERSION)]
        if call.idempotency_key is not None:
            headers.append(("Idempotency-Key", call.idempotency_key))
        if answer.replayed:
            headers.append(("Idempotent-Replayed", "true"))
        return Reply(answer.status, answer.body, headers=headers)

    def _call(self, request: Request, may_browse: bool) -> Call:
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
        idempotency_key = request.header("idempotency-key") or None
        if idempotency_key is not None and len(idempotency_key) > _KEY_AT_MOST:
            raise Refusal("Idempotency keys have at most 255 characters", kind="idempotency_error")
        return Call(
            Params(parse("&".join(filter(None, (request.query, request.body))))),
            account=self._account(request),
            browser=is_public,
            idempotency_key=idempotency_key if request.method == "POST" else None,
        )

    def _account(self, request: Request) -> str | None:
        account = request.header("stripe-account") or None
        if account is not None and self._world.store.get("account", account) is None:
            raise Refusal(
                f"The provided key does not have access to account '{account}'.",
                status=403,
                code="account_invalid",
            )
        return account

    def _do(self, request: Request, handler: Handler, call: Call, fault: str) -> Answer:
        key = call.idempotency_key and f"{call.account or ''}:{call.idempotency_key}"
        asked = f"{request.method} {request.path}?{request.query} {request.body}"
        fingerprint = hashlib.sha256(asked.encode()).hexdigest()
        if key is not None and (former := self._replay(key, fingerprint)) is not None:
            return _broken() if fault.startswith("server_error") else former
        self._world.call = call
        try:
            with self._world.store.transaction():
                answer = self._run(request, handler, call, fault)
                if key is not None:
                    self._world.store.database.execute(
                        "INSERT OR REPLACE INTO replay (key, fingerprint, status, body, created)"
                        " VALUES (?, ?, ?, ?, ?)",
                        (key, fingerprint, answer.status, answer.body, self._world.now()),
                    )
        finally:
            self._world.call = None
        return answer

    def _run(self, request: Request, handler: Handler, call: Call, fault: str) -> Answer:
        if fault == "server_error":
            return _broken()
        item = handler(self._world, call.params, **({"id_": request.id_} if request.id_ else {}))
        declined = item.pop("_declined", False)
        answer = (
            _declined(item)
            if declined
            else Answer(200, to_json(shown(self._world.expand(item, call.params.expand))))
        )
        return _broken() if fault == "server_error_after_effect" else answer

    def _replay(self, key: str, fingerprint: str) -> Answer | None:
        row = self._world.store.database.execute(
            "SELECT fingerprint, status, body FROM replay WHERE key = ? AND created > ?",
            (key, self._world.now() - _KEY_SECONDS),
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            raise Refusal(
                "Keys for idempotent requests can only be used with the same parameters they were"
                " first used with.",
                kind="idempotency_error",
            )
        return Answer(row[1], row[2], replayed=True)


async def _allow(_: Request) -> Reply:
    """What a browser asks before it asks."""
    allowed = [
        ("Access-Control-Allow-Headers", "authorization, content-type, stripe-version"),
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Max-Age", "600"),
    ]
    return Reply(200, headers=[*_ANY_ORIGIN, *allowed])


def _declined(item: Object) -> Answer:
    """A card that was declined is an error to whoever confirms, though the attempt is recorded."""
    error = item.get("last_payment_error") or item["last_setup_error"]
    return Answer(402, to_json({"error": {**error, item["object"]: shown(item)}}))


def _limit(fault: str) -> None:
    if fault == "rate_limit":
        raise Refusal("Too many requests in a period of time.", status=429, code="rate_limit")


def _broken() -> Answer:
    refusal = Refusal("An unknown error occurred", status=500, kind="api_error")
    return Answer(500, to_json(refusal.to_json()))


def _key(request: Request) -> str:
    scheme, _, value = request.header("authorization").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    raise Refusal("You did not provide an API key.", status=401)
