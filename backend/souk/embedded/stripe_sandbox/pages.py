"""The pages that people see at Stripe: pay, show that it is you, hand in papers. And the controls
for those who test: faults, disputes, time."""

import hmac
from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from souk.embedded.stripe_sandbox import accounts, disputes, intents, setups
from souk.embedded.stripe_sandbox.cards import BANK, METHODS
from souk.embedded.stripe_sandbox.failures import Refusal, unknown
from souk.embedded.stripe_sandbox.faults import Faults
from souk.embedded.stripe_sandbox.form import Params, parse
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.world import Call, World, shown

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action *",
    "Referrer-Policy": "no-referrer",
}
_STYLE = (
    "body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}"
    "button,select{font:inherit;padding:.5rem 1rem;margin:.25rem 0;width:100%}"
    "small{color:#666}.error{color:#a00}"
)

View = Callable[[Request], Awaitable[Response]]


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{body}<p><small>A sandbox: no money moves.</small></p></html>",
        status,
        _HEADERS,
    )


class Pages:
    """What a browser opens, and `/sandbox/...` for tests."""

    def __init__(self, world: World, faults: Faults, wake: Callable[[], None]) -> None:
        self._world = world
        self._faults = faults
        self._wake = wake

    def routes(self) -> list[Route]:
        """All of `/sandbox`."""
        people: dict[str, View] = {
            "pay/{id}": self._pay,
            "authenticate/{id}": self._authenticate,
            "onboarding/{id}": self._onboard,
        }
        controls: dict[str, Callable[[Params, str], object]] = {
            "faults": self._order_fault,
            "faults/clear": self._clear_faults,
            "disputes": self._begin_dispute,
            "disputes/{id}/end": self._end_dispute,
            "accounts/{id}/complete": self._complete,
            "time": self._hurry,
        }
        return [
            Route("/sandbox/health", self._health),
            *(
                Route(f"/sandbox/{path}", view, methods=["GET", "POST"])
                for path, view in people.items()
            ),
            *(
                Route(f"/sandbox/{path}", self._control(act), methods=["POST"])
                for path, act in controls.items()
            ),
        ]

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"faults": self._faults.state()})

    async def _pay(self, request: Request) -> Response:
        """Complete a PaymentIntent, as the payment form of a shop would."""
        item = self._find("payment_intent", request)
        given = await _fields(request)
        secret = given.get("client_secret", "")
        if not hmac.compare_digest(secret.encode(), item["client_secret"].encode()):
            return _page("Not found", "<p>This link is not complete.</p>", 404)
        if request.method == "POST" and item["status"] in (
            "requires_payment_method",
            "requires_confirmation",
        ):
            item = self._confirm(item, given)
        return self._after(item, given) or _page("Pay", _form(item, given))

    def _confirm(self, item: Object, given: dict[str, str]) -> Object:
        values = {
            "client_secret": item["client_secret"],
            "payment_method": given.get("payment_method", ""),
            "return_url": given.get("return_url", ""),
        }
        params = Params({name: text for name, text in values.items() if text})
        return self._inside(lambda: intents.confirm(self._world, params, item["id"]), browser=True)

    def _after(self, item: Object, given: dict[str, str]) -> Response | None:
        """Where the browser goes next."""
        if item["status"] == "requires_action":
            return RedirectResponse(f"/sandbox/authenticate/{item['id']}", 303)
        back = given.get("return_url", "")
        if item["status"] in ("succeeded", "processing") and back.startswith(
            ("http://", "https://")
        ):
            glue = "&" if "?" in back else "?"
            return RedirectResponse(f"{back}{glue}payment_intent={item['id']}", 303)
        return None

    async def _authenticate(self, request: Request) -> Response:
        """3-D Secure."""
        kind = "setup_intent" if request.path_params["id"].startswith("seti_") else "payment_intent"
        item = self._find(kind, request)
        if request.method == "GET" or item["status"] != "requires_action":
            return _page("Is it you who pays?", _CHOICE)
        given = await _fields(request)
        action = item["next_action"] or {}
        back = (action.get("redirect_to_url") or {}).get("return_url")
        passed = given.get("answer") == "yes"
        judge = setups.authenticate if kind == "setup_intent" else intents.authenticate
        self._inside(lambda: judge(self._world, item, passed=passed))
        if back:
            return RedirectResponse(back, 303)
        return _page("Thank you", "<p>You can close this page.</p>")

    async def _onboard(self, request: Request) -> Response:
        """The papers of a seller."""
        item = self._find("account", request)
        if request.method == "GET":
            return _page(
                "Your account", "<form method=post><button>All papers are in order</button></form>"
            )
        self._inside(lambda: accounts.complete(self._world, item["id"]))
        return RedirectResponse(item.get("_return_url") or "/sandbox/health", 303)

    def _find(self, kind: str, request: Request) -> Object:
        item = self._world.store.get(kind, request.path_params["id"])
        if item is None:
            raise unknown(kind, request.path_params["id"])
        return item

    def _inside(self, act: Callable[[], Object], *, browser: bool = False) -> Object:
        self._world.call = Call(Params({}), browser=browser)
        try:
            with self._world.store.transaction():
                return act()
        finally:
            self._world.call = None
            self._wake()

    def _control(self, act: Callable[[Params, str], object]) -> View:
        async def view(request: Request) -> Response:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._world.settings.secret_key.encode()):
                return JSONResponse(Refusal("Invalid API Key provided").to_json(), 401)
            params = Params(parse((await request.body()).decode(errors="replace")))
            id_ = request.path_params.get("id", "")
            with self._world.store.transaction():
                told = act(params, id_)
            self._wake()
            return JSONResponse(shown(told))

        return view

    def _order_fault(self, params: Params, _: str) -> object:
        self._faults.order(params)
        return self._faults.state()

    def _clear_faults(self, params: Params, _: str) -> object:
        params.finish()
        self._faults.clear()
        return self._faults.state()

    def _begin_dispute(self, params: Params, _: str) -> object:
        charge, reason = params.need("charge"), params.text("reason") or "fraudulent"
        params.finish()
        return disputes.begin(self._world, self._world.find("charge", charge), reason)

    def _end_dispute(self, params: Params, id_: str) -> object:
        won = params.flag("won")
        params.finish()
        return disputes.end(self._world, self._world.find("dispute", id_), won=won)

    def _complete(self, params: Params, id_: str) -> object:
        params.finish()
        return accounts.complete(self._world, id_)

    def _hurry(self, params: Params, _: str) -> object:
        """Let what is to happen by itself happen now."""
        params.finish()
        database = self._world.store.database
        database.execute("UPDATE timer SET due = 0")
        database.execute("UPDATE delivery SET due = 0")
        return {"object": "time"}


_CHOICE = (
    "<form method=post><button name=answer value=yes>Yes, it is me</button>"
    "<button name=answer value=no>No, refuse it</button></form>"
)


def _form(item: Object, given: dict[str, str]) -> str:
    error = item["last_payment_error"]
    told = f"<p class=error>{escape(error['message'])}</p>" if error else ""
    if item["status"] not in ("requires_payment_method", "requires_confirmation"):
        return f"{told}<p>This payment is {escape(item['status'].replace('_', ' '))}.</p>"
    amount = f"{item['amount'] / 100:.2f} {item['currency'].upper()}"
    options = "".join(f"<option value='{id_}'>{escape(_name(id_))}</option>" for id_ in METHODS)
    hidden = "".join(
        f"<input type=hidden name={name} value='{escape(given.get(name, ''), quote=True)}'>"
        for name in ("client_secret", "return_url")
    )
    return (
        f"{told}<form method=post>{hidden}<p>{escape(amount)}</p>"
        f"<select name=payment_method>{options}</select><button>Pay</button></form>"
    )


def _name(id_: str) -> str:
    test = METHODS[id_]
    kind = "Bank account" if test.kind == BANK else f"{test.brand.capitalize()} {test.funding}"
    notes = (
        "asks for 3-D Secure" if test.authenticate else "",
        test.decline or "",
        f"disputed: {test.disputed}" if test.disputed else "",
        f"refund {test.refund}" if test.refund else "",
    )
    what = ", ".join(filter(None, notes)) or "succeeds"
    return f"{kind} {test.number[-4:]}: {what.replace('_', ' ')}"


async def _fields(request: Request) -> dict[str, str]:
    body = (await request.body()).decode(errors="replace")
    both = {**parse_qs(request.url.query), **parse_qs(body)}
    return {name: values[-1] for name, values in both.items()}
