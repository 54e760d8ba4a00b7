"""What all parts of the sandbox share: the store, the clock, and the events that they tell."""

import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from souk.adapters.stripe.version import API_VERSION
from souk.embedded.stripe_sandbox.failures import Refusal, unknown
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, Store, new_id


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sandbox behaves. `url` is where people's browsers reach it; times are seconds."""

    url: str
    secret_key: str
    publishable_key: str
    bank_seconds: float = 2
    available_seconds: int = 2 * 24 * 3600


@dataclass(slots=True)
class Call:
    """One request: its parameters, and in whose name it is made. `browser` is true for the
    publishable key, which may do little."""

    params: Params
    account: str | None = None
    browser: bool = False
    request_id: str = field(default_factory=lambda: new_id("req", 14))
    idempotency_key: str | None = None


@dataclass(slots=True)
class World:
    """The state of the sandbox, and the request that is being answered."""

    store: Store
    settings: Settings
    call: Call | None = None
    clock: Callable[[], float] = time.time
    moved_seconds: float = 0
    _known_endpoints: list[Object] | None = None

    def time(self) -> float:
        """The sandbox's own time, which can be moved ahead."""
        return self.clock() + self.moved_seconds

    def now(self) -> int:
        """Unix seconds."""
        return int(self.time())

    def find(self, kind: str, id_: str, *, param: str = "id") -> Object:
        """An object of the account in whose name the request is. Raises `Refusal`."""
        item, owner = self.store.owned(kind, id_)
        if item is None or owner != (self.call.account if self.call else None):
            raise unknown(kind, id_, param)
        return item

    def find_account(self, id_: str) -> Object:
        """A connected account, in whoever's name the request is. Raises `Refusal`."""
        item = self.store.get("account", id_)
        if item is None:
            raise unknown("account", id_)
        return item

    def emit(
        self,
        kind: str,
        item: Object,
        *,
        account: str | None = None,
        before: Object | None = None,
    ) -> None:
        """Record an event about `item` as it is now, and put it up for each endpoint that wants it.
        `before` has the former values of what changed."""
        endpoints = [each for each in self.endpoints() if wants(each, kind)]
        data: dict[str, Any] = {"object": shown(item)}
        if before is not None:
            changed = {name: old for name, old in before.items() if item.get(name) != old}
            data["previous_attributes"] = changed
        call = self.call
        event: Object = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": {
                "id": call.request_id if call else None,
                "idempotency_key": call.idempotency_key if call else None,
            },
            "type": kind,
        }
        if account is not None:
            event["account"] = account
        self.store.put(event, account=account)
        for endpoint in endpoints:
            self.deliver_later(event["id"], endpoint["id"], 0)

    def deliver_later(self, event: str, endpoint: str, seconds: float, tries: int = 0) -> None:
        """Have an event sent to an endpoint."""
        self.store.database.execute(
            "INSERT INTO delivery (event, endpoint, tries, due) VALUES (?, ?, ?, ?)",
            (event, endpoint, tries, self.time() + seconds),
        )

    def wake_later(self, action: str, id_: str, seconds: float) -> None:
        """Have something happen to an object by itself."""
        self.store.database.execute(
            "INSERT INTO timer (due, action, id) VALUES (?, ?, ?)",
            (self.time() + seconds, action, id_),
        )

    def expand(self, item: Object, paths: Iterable[str]) -> Object:
        """Put objects in the place of their ids, as `expand[]` asks. Raises `Refusal`."""
        for path in paths:
            steps = path.split(".")
            if len(steps) > 4:
                raise Refusal("You can expand at most 4 levels", param="expand")
            self._expand(item, steps, path)
        return item

    def _expand(self, item: Object, steps: list[str], path: str) -> None:
        name, rest = steps[0], steps[1:]
        if name not in item:
            raise Refusal(f"This property cannot be expanded ({path}).", param="expand")
        value = item[name]
        if isinstance(value, str):
            found = self.store.any(value)
            value = item[name] = self.present(found) if found else value
        below = value if isinstance(value, list) else [value]
        for each in below:
            if rest and isinstance(each, dict):
                self._expand(each, rest, path)

    def present(self, item: Object) -> Object:
        """An object as it is shown now: money becomes available by itself."""
        if item["object"] == "balance_transaction" and item["available_on"] <= self.now():
            item = {**item, "status": "available"}
        return shown(item)

    def endpoints(self) -> list[Object]:
        """All webhook endpoints."""
        if self._known_endpoints is None:
            self._known_endpoints, _ = self.store.page("webhook_endpoint", account=None, limit=16)
        return self._known_endpoints

    def look_at_endpoints_again(self) -> None:
        """One came, went or changed."""
        self._known_endpoints = None


def require_client_secret(world: World, item: Object, params: Params) -> None:
    """A browser shows that it is the buyer's by the secret of its intent. Raises `Refusal`."""
    secret = params.text("client_secret")
    if world.call is None or not world.call.browser:
        return
    if secret is None or not hmac.compare_digest(secret.encode(), item["client_secret"].encode()):
        kind = item["object"]
        raise Refusal(
            f"The client_secret provided does not match any associated {kind} on this account.",
            code=f"{kind}_invalid_parameter",
            param="client_secret",
        )


def shown(item: Object) -> Object:
    """The object without what only the sandbox knows, which begins with an underscore."""
    return {name: value for name, value in item.items() if not name.startswith("_")}


def wants(endpoint: Object, kind: str) -> bool:
    """Whether a webhook endpoint has asked for this type of event."""
    chosen = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in chosen or kind in chosen)
