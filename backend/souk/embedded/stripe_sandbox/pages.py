"""The pages that people see at Stripe: pay, show that it is you, hand in papers."""

import hmac
from collections.abc import Callable
from html import escape

from souk.embedded.stripe_sandbox import accounts, intents, setups
from souk.embedded.stripe_sandbox.cards import BANK, METHODS
from souk.embedded.stripe_sandbox.failures import unknown
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.wire import Reply, Request, View, Views, redirect
from souk.embedded.stripe_sandbox.world import Call, World

_HEADERS = [
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action *"),
    ("Referrer-Policy", "no-referrer"),
]
_STYLE = (
    "body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}"
    "button,select{font:inherit;padding:.5rem 1rem;margin:.25rem 0;width:100%}"
    "small{color:#666}.error{color:#a00}"
)


def _page(title: str, body: str, status: int = 200) -> Reply:
    return Reply(
        status,
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{body}<p><small>A sandbox: no money moves.</small></p></html>",
        "text/html; charset=utf-8",
        [*_HEADERS],
    )


class Pages:
    """What a browser opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    def views(self) -> Views:
        """Each shows itself, and takes its own form."""
        people: dict[str, View] = {
            "pay": self._pay,
            "authenticate": self._authenticate,
            "onboarding": self._onboard,
        }
        return {
            (method, f"/sandbox/{name}/{{id}}"): view
            for name, view in people.items()
            for method in ("GET", "POST")
        }

    async def _pay(self, request: Request) -> Reply:
        """Complete a PaymentIntent, as the payment form of a shop would."""
        item = self._find("payment_intent", request)
        given = request.fields()
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

    def _after(self, item: Object, given: dict[str, str]) -> Reply | None:
        """Where the browser goes next."""
        if item["status"] == "requires_action":
            return redirect(f"/sandbox/authenticate/{item['id']}")
        back = given.get("return_url", "")
        if item["status"] in ("succeeded", "processing") and back.startswith(
            ("http://", "https://")
        ):
            glue = "&" if "?" in back else "?"
            return redirect(f"{back}{glue}payment_intent={item['id']}")
        return None

    async def _authenticate(self, request: Request) -> Reply:
        """3-D Secure."""
        kind = "setup_intent" if request.id_.startswith("seti_") else "payment_intent"
        item = self._find(kind, request)
        if request.method == "GET" or item["status"] != "requires_action":
            return _page("Is it you who pays?", _CHOICE)
        given = request.fields()
        action = item["next_action"] or {}
        back = (action.get("redirect_to_url") or {}).get("return_url")
        passed = given.get("answer") == "yes"
        judge = setups.authenticate if kind == "setup_intent" else intents.authenticate
        self._inside(lambda: judge(self._world, item, passed=passed))
        if back:
            return redirect(back)
        return _page("Thank you", "<p>You can close this page.</p>")

    async def _onboard(self, request: Request) -> Reply:
        """The papers of a seller."""
        item = self._find("account", request)
        if request.method == "GET":
            return _page(
                "Your account", "<form method=post><button>All papers are in order</button></form>"
            )
        self._inside(lambda: accounts.complete(self._world, item["id"]))
        return redirect(item.get("_return_url") or "/sandbox/health")

    def _find(self, kind: str, request: Request) -> Object:
        item = self._world.store.get(kind, request.id_)
        if item is None:
            raise unknown(kind, request.id_)
        return item

    def _inside(self, act: Callable[[], Object], *, browser: bool = False) -> Object:
        self._world.call = Call(Params({}), browser=browser)
        try:
            with self._world.store.transaction():
                return act()
        finally:
            self._world.call = None


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
