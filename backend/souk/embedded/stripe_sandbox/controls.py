"""What those who test can order, by POST as whoever knows the secret key:

/sandbox/faults                  kind, on, count, skip, among, seed, milliseconds, copies
/sandbox/faults/state            what is to come and what has been; also in /sandbox/health
/sandbox/faults/clear            nothing goes wrong any more
/sandbox/limit                   requests_per_second; none without it
/sandbox/webhooks                at_once, shuffled; answers how many are waiting
/sandbox/time                    what is to happen happens now; the clock moves by seconds
/sandbox/disputes                charge, reason, amount, inquiry
/sandbox/disputes/{id}/end       won
/sandbox/disputes/{id}/escalate  an inquiry takes the money after all
/sandbox/accounts/{id}/complete  the papers are in order
/sandbox/accounts/{id}/restrict  more are wanted: no money comes or goes
/sandbox/accounts/{id}/pay_out   everything leaves for the seller's bank
"""

import hmac
from collections.abc import Callable
from dataclasses import asdict

from souk.embedded.stripe_sandbox import accounts, disputes, payouts
from souk.embedded.stripe_sandbox.courier import AT_ONCE_AT_MOST, Courier, Manner
from souk.embedded.stripe_sandbox.failures import Refusal, invalid
from souk.embedded.stripe_sandbox.faults import Faults
from souk.embedded.stripe_sandbox.form import Params, parse
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.wire import Reply, Request, View, Views, json_reply
from souk.embedded.stripe_sandbox.world import World, shown

_Act = Callable[[Params, str], dict[str, object]]


class Controls:
    """`/sandbox/...` for tests."""

    def __init__(self, world: World, faults: Faults, courier: Courier) -> None:
        self._world = world
        self._faults = faults
        self._courier = courier

    def views(self) -> Views:
        """All controls."""
        acts: dict[str, _Act] = {
            "faults": self._order_fault,
            "faults/state": self._tell_faults,
            "faults/clear": self._clear_faults,
            "limit": self._limit,
            "disputes": self._begin_dispute,
            "disputes/{id}/escalate": self._escalate,
            "disputes/{id}/end": self._end_dispute,
            "accounts/{id}/complete": self._of_account(accounts.complete),
            "accounts/{id}/restrict": self._of_account(accounts.restrict),
            "accounts/{id}/pay_out": self._of_account(payouts.send_all),
            "keys/forget": self._forget_keys,
            "time": self._move_time,
            "webhooks": self._set_manner,
        }
        controls = {("POST", f"/sandbox/{path}"): self._control(act) for path, act in acts.items()}
        return {("GET", "/sandbox/health"): self._health, **controls}

    async def _health(self, _: Request) -> Reply:
        return json_reply({"faults": self._faults.state()})

    def _control(self, act: _Act) -> View:
        async def view(request: Request) -> Reply:
            given = request.header("authorization").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._world.settings.secret_key.encode()):
                return json_reply(Refusal("Invalid API Key provided").to_json(), 401)
            with self._world.store.transaction():
                return json_reply(shown(act(Params(parse(request.body)), request.id_)))

        return view

    def _order_fault(self, params: Params, _: str) -> dict[str, object]:
        self._faults.order(params)
        return self._faults.state()

    def _tell_faults(self, params: Params, _: str) -> dict[str, object]:
        params.finish()
        return self._faults.state()

    def _limit(self, params: Params, _: str) -> dict[str, object]:
        self._faults.limit(params)
        return self._faults.state()

    def _clear_faults(self, params: Params, _: str) -> dict[str, object]:
        params.finish()
        self._faults.clear()
        return self._faults.state()

    def _begin_dispute(self, params: Params, _: str) -> dict[str, object]:
        """Of all that is left of a `charge`, or of an `amount`; an `inquiry` takes no money."""
        charge, reason = params.need("charge"), params.text("reason") or "fraudulent"
        amount, inquiry = params.whole("amount"), params.flag("inquiry")
        params.finish()
        return disputes.begin(
            self._world,
            self._world.find("charge", charge),
            reason,
            amount=amount,
            inquiry=inquiry,
        )

    def _escalate(self, params: Params, id_: str) -> dict[str, object]:
        params.finish()
        return disputes.escalate(self._world, self._world.find("dispute", id_))

    def _end_dispute(self, params: Params, id_: str) -> dict[str, object]:
        won = params.flag("won")
        params.finish()
        return disputes.end(self._world, self._world.find("dispute", id_), won=won)

    def _of_account(self, act: Callable[[World, str], Object]) -> _Act:
        def control(params: Params, id_: str) -> dict[str, object]:
            params.finish()
            return act(self._world, id_)

        return control

    def _forget_keys(self, params: Params, _: str) -> dict[str, object]:
        """Let a day pass for what was asked: no key is known any more."""
        params.finish()
        self._world.store.database.execute("DELETE FROM replay")
        return {"object": "keys"}

    def _move_time(self, params: Params, _: str) -> dict[str, object]:
        """Let what is to happen by itself happen now; with `seconds`, the sandbox's clock moves
        ahead by so much too."""
        seconds = params.whole("seconds") or 0
        params.finish()
        if seconds < 0:
            raise invalid("seconds", "Time does not go back")
        self._world.moved_seconds += seconds
        database = self._world.store.database
        database.execute("UPDATE timer SET due = 0")
        database.execute("UPDATE delivery SET due = 0")
        return {"object": "time", "now": self._world.now()}

    def _set_manner(self, params: Params, _: str) -> dict[str, object]:
        """How many are told `at_once`, and whether in no order (`shuffled`); without either all
        stays as it was. Answers also how many are `waiting` to be taken."""
        former = self._courier.manner
        at_once, shuffled = params.whole("at_once"), params.text("shuffled")
        params.finish()
        wanted = Manner(
            former.at_once if at_once is None else at_once,
            former.shuffled if shuffled is None else shuffled == "true",
        )
        if not 1 <= wanted.at_once <= AT_ONCE_AT_MOST:
            raise invalid("at_once", f"From 1 to {AT_ONCE_AT_MOST}")
        self._courier.manner = wanted
        (waiting,) = self._world.store.database.execute("SELECT COUNT(*) FROM delivery").fetchone()
        return {**asdict(wanted), "object": "webhooks", "waiting": waiting}
