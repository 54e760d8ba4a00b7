"""The pages that people see at Stripe: pay, show that it is you, hand in papers or a document, look
at the money."""

import hmac
from collections.abc import Callable
from urllib.parse import urlencode

from souk.embedded.stripe_sandbox import accounts, identity, intents, markup, money, payouts, setups
from souk.embedded.stripe_sandbox.cards import BANK, CARD, METHODS, method_of_number
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.markup import page, paragraph
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.wire import Reply, Request, View, Views, redirect
from souk.embedded.stripe_sandbox.world import Call, World

_PAYABLE = ("requires_payment_method", "requires_confirmation")
_USUAL = "pm_card_visa"
_GENUINE = "genuine"
_STATUS = {
    "succeeded": "It is paid.",
    "processing": "The bank has been asked and will answer in a moment.",
    "canceled": "It was called off, and nothing can be paid any more.",
}


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
            "account": self._look_at_money,
            "identity": self._identify,
        }
        return {
            ("GET", "/"): self._welcome,
            **{
                (method, f"/sandbox/{name}/{{id}}"): view
                for name, view in people.items()
                for method in ("GET", "POST")
            },
        }

    async def _welcome(self, _: Request) -> Reply:
        told = paragraph(
            "The API of the card rail is served here, with test cards alone. To pay with one, start"
            " a card payment in the shop; these are the ones that it takes."
        )
        return page("A sandbox for cards", told + markup.test_methods((CARD, BANK), None))

    async def _pay(self, request: Request) -> Reply:
        """Complete a PaymentIntent, as the payment form of a shop would."""
        item = self._world.store.get("payment_intent", request.id_)
        given = request.fields()
        secret = given.get("client_secret", "")
        if item is None or not hmac.compare_digest(secret.encode(), item["client_secret"].encode()):
            return page("Not found", paragraph("This link is not complete."), 404)
        problem = ""
        if request.method == "POST" and item["status"] in _PAYABLE:
            try:
                item = self._confirm(item, given)
            except Refusal as refusal:
                problem = str(refusal)
        return _next(item, given) or page("Pay", _form(item, given, problem))

    def _confirm(self, item: Object, given: dict[str, str]) -> Object:
        """Raises `Refusal`. A number that was typed counts before a card that was chosen."""
        method = given.get("payment_method", "")
        if number := given.get("number", "").strip():
            method = method_of_number(number) or ""
        if method not in METHODS:
            raise Refusal("No test card has this number. Choose one of those below.")
        values = {
            "client_secret": item["client_secret"],
            "payment_method": method,
            "return_url": given.get("return_url", ""),
        }
        params = Params({name: text for name, text in values.items() if text})
        return self._inside(lambda: intents.confirm(self._world, params, item["id"]), browser=True)

    async def _authenticate(self, request: Request) -> Reply:
        """3-D Secure."""
        kind = "setup_intent" if request.id_.startswith("seti_") else "payment_intent"
        item = self._world.find(kind, request.id_)
        if item["status"] != "requires_action":
            return page("Nothing to confirm", paragraph("Your bank asks nothing at the moment."))
        if request.method == "GET":
            return page("Is it you who pays?", _question(item))
        back = ((item["next_action"] or {}).get("redirect_to_url") or {}).get("return_url")
        passed = request.fields().get("answer") == "yes"
        judge = setups.authenticate if kind == "setup_intent" else intents.authenticate
        item = self._inside(lambda: judge(self._world, item, passed=passed))
        if back:
            return redirect(_back(back, item))
        said = "Thank you." if passed else "Your bank has refused it, as you wished."
        return page("Thank you", paragraph(f"{said} You can close this page."))

    async def _onboard(self, request: Request) -> Reply:
        """The papers of a seller."""
        account = self._world.find_account(request.id_)
        if request.method == "GET":
            return page("Your account for payouts", _papers(account))
        if request.fields().get("answer") != "later":
            self._inside(lambda: accounts.complete(self._world, account["id"]))
        return redirect(account.get("_return_url") or "/")

    async def _identify(self, request: Request) -> Reply:
        """A document of somebody who says who they are."""
        session = self._world.find(identity.KIND, request.id_)
        if session["status"] != "requires_input":
            return page("Nothing to hand in", paragraph("This is over, or is being looked at."))
        if request.method == "GET":
            return page("Who are you?", _documents(session))
        answer = request.fields().get("answer", "")
        if answer == _GENUINE or answer in identity.FAILURES:
            failure = None if answer == _GENUINE else answer
            self._inside(lambda: identity.hand_in(self._world, session["id"], failure))
        return redirect(session["_return_url"] or "/")

    async def _look_at_money(self, request: Request) -> Reply:
        """What a seller has, and the button that sends it to their bank."""
        account = self._world.find_account(request.id_)
        if request.method == "POST":
            self._inside(lambda: payouts.send_all(self._world, account["id"]))
            return redirect(f"/sandbox/account/{account['id']}")
        return page("Your money", _money(self._world, account))

    def _inside(self, act: Callable[[], Object], *, browser: bool = False) -> Object:
        self._world.call = Call(Params({}), browser=browser)
        try:
            with self._world.store.transaction():
                return act()
        finally:
            self._world.call = None


def _next(item: Object, given: dict[str, str]) -> Reply | None:
    """Where the browser goes when there is nothing to choose any more."""
    if item["status"] == "requires_action":
        return redirect(f"/sandbox/authenticate/{item['id']}")
    back = given.get("return_url", "")
    if item["status"] in ("succeeded", "processing") and back.startswith(("http://", "https://")):
        return redirect(_back(back, item))
    return None


def _back(url: str, item: Object) -> str:
    """The shop's page, which is told what it is about."""
    kind, done = item["object"], item["status"] in ("succeeded", "processing")
    told = {
        kind: item["id"],
        f"{kind}_client_secret": item["client_secret"],
        "redirect_status": "succeeded" if done else "failed",
    }
    return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"


def _form(item: Object, given: dict[str, str], problem: str) -> str:
    told = paragraph(markup.amount(item), "amount")
    if item["description"]:
        told += paragraph(item["description"], "what")
    if item["status"] not in _PAYABLE:
        return told + paragraph(_STATUS[item["status"]])
    if problem or item["last_payment_error"]:
        told += paragraph(problem or _why(item["last_payment_error"]), "error")
    carried = {name: given.get(name, "") for name in ("client_secret", "return_url")}
    cards = markup.test_methods(item["payment_method_types"], given.get("payment_method", _USUAL))
    button = f"<button>Pay {markup.amount(item)}</button>"
    return (
        f"{told}<form method=post>{markup.hidden(carried)}"
        "<h2><label for=number>The number of a test card</label></h2>"
        "<input type=text id=number name=number inputmode=numeric autocomplete=off"
        f" placeholder='4242 4242 4242 4242, or choose below'>{button}{cards}{button}</form>"
        f"{markup.way_back(carried['return_url'])}"
    )


def _why(error: Object) -> str:
    return f"{error['message'].rstrip('.')}. Nothing was taken; choose another card to try again."


def _question(item: Object) -> str:
    asked = (
        paragraph(markup.amount(item), "amount")
        if item["object"] == "payment_intent"
        else paragraph("A card is to be kept for later payments.")
    )
    return (
        f"{asked}{paragraph('Your bank asks before it lets this through.')}<form method=post>"
        "<button name=answer value=yes>Yes, it is me</button>"
        "<button class=no name=answer value=no>No, refuse it</button></form>"
    )


def _papers(account: Object) -> str:
    due = account["requirements"]["currently_due"]
    wanted = [(name.replace("_", " ").replace(".", ": "), "missing") for name in due]
    if not wanted:
        return paragraph("All papers are in order: money can come and go.")
    return (
        paragraph("Before money can be paid out to you, these are wanted. Here they are invented.")
        + markup.rows(wanted)
        + "<form method=post><button>Hand in all papers</button>"
        "<button class=no name=answer value=later>Not now</button></form>"
    )


def _documents(session: Object) -> str:
    last = session["last_error"]
    told = paragraph(last["reason"], "error") if last else ""
    failing = "".join(
        f"<button class=no name=answer value={code}>{text}</button>"
        for code, text in identity.FAILURES.items()
    )
    return (
        f"{told}{paragraph('A document is looked at for this. Here it is invented.')}"
        f"<form method=post><button name=answer value={_GENUINE}>Hand in a good document</button>"
        f"<button class=no name=answer value=later>Not now</button><h2>Or one that fails</h2>"
        f"{failing}</form>"
    )


def _money(world: World, account: Object) -> str:
    have = money.balance(world, account["id"])
    sums = [
        (f"{name.capitalize()}", markup.cents(each["amount"], each["currency"]))
        for name in ("available", "pending")
        for each in have[name]
    ]
    there = sum(each["amount"] for name in ("available", "pending") for each in have[name])
    button = "<form method=post><button>Send everything to my bank</button></form>"
    return markup.rows(sums) + (button if there > 0 else "")
