"""Requests under an idempotency key, through a whole application."""

import pytest
from fastapi import Request, Response
from sqlalchemy import text

from souk.core.errors import ConflictError, UnauthenticatedError
from souk.core.idempotency import LOCK_SECONDS
from souk.core.principal import Principal
from souk.core.web import Caller, IdempotencyKey, MaybeCaller, RequestModel, Section, once
from tests.support.http import Api, assembled


class ThingIn(RequestModel):
    name: str


class Things:
    """Makes things, and fails as often as it is told to."""

    def __init__(self, uow) -> None:
        self.uow, self.made, self.failures = uow, [], []

    def make(self, name, receipt):
        if self.failures:
            raise self.failures.pop(0)
        self.made.append((name, receipt.request_key))
        with self.uow.begin() as tx:
            receipt.store(tx, name)
            tx.commit()
        return name


def make_router(things):
    router = Section()

    @router.post("/things/{shelf}")
    def make(
        request: Request,
        shelf: str,
        body: ThingIn,
        caller: Caller,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        return once(
            request,
            caller=caller,
            key=idempotency_key,
            body=body,
            status=201,
            render=lambda name: {"made": name, "shelf": shelf},
            act=lambda receipt: things.make(body.name, receipt),
        )

    @router.post("/secrets")
    def make_secret(
        request: Request, caller: Caller, idempotency_key: IdempotencyKey = None
    ) -> Response:
        return once(
            request,
            caller=caller,
            key=idempotency_key,
            body=None,
            status=201,
            render=lambda _name: {"secret": None},
            reveal=lambda name: {"secret": name},
            act=lambda receipt: things.make("hush", receipt),
        )

    @router.get("/me")
    def me(caller: MaybeCaller) -> dict[str, str | None]:
        return {"account": None if caller is None else caller.account_id}

    return router


def authenticate(token):
    if token == "bad":
        raise UnauthenticatedError("no")
    return Principal(f"acc_{token}", "ses_1")


@pytest.fixture
def things(committing_uow):
    return Things(committing_uow)


@pytest.fixture
def api(database_url, committing_uow, things):
    container = assembled(
        database_url,
        committing_uow,
        make_router(things),
        services={Things: things},
        authenticate=authenticate,
    )
    with Api(container) as api:
        yield api


def post(api, name="spoon", *, path="/things/top", token="ann", key="k"):
    return api("POST", path, {"name": name}, token=token, key=key)


def test_once_acts_once_when_the_request_is_repeated(api, things):
    first, second = post(api), post(api)
    assert (first.status_code, first.content) == (201, b'{"made":"spoon","shelf":"top"}')
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(things.made) == 1


def test_once_reveals_a_secret_in_the_first_answer_alone(api, engine):
    first, second = (api("POST", "/secrets", token="ann", key="k") for _ in range(2))
    assert (first.json(), second.json()) == ({"secret": "hush"}, {"secret": None})
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT body FROM idempotency_key")).scalar_one()
    assert kept == '{"secret":null}'


@pytest.mark.pitfall("P15")
@pytest.mark.parametrize("changes", [{"name": "fork"}, {"path": "/things/bottom"}])
def test_once_refuses_when_the_key_comes_with_another_request(api, things, changes):
    post(api)
    refusal = post(api, **changes)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "idempotency_key_reused")
    assert len(things.made) == 1


@pytest.mark.pitfall("P15")
def test_once_keeps_callers_apart_when_their_keys_are_equal(api, things):
    post(api, "anns", token="ann")
    answers = [post(api, "bobs", token="bob").json()["made"] for _ in range(2)]
    assert answers == ["bobs", "bobs"]
    assert [name for name, _key in things.made] == ["anns", "bobs"]


@pytest.mark.parametrize("failure", [ConflictError("sold"), RuntimeError("a defect")], ids=repr)
def test_once_lets_the_request_in_again_when_it_was_refused(api, things, failure):
    things.failures.append(failure)
    assert post(api).status_code in (409, 500)
    assert post(api).status_code == 201


def test_once_says_in_flight_with_the_time_to_wait(api, things, engine):
    post(api)
    with engine.begin() as connection:
        connection.execute(text("UPDATE idempotency_key SET status = NULL, body = NULL"))
    refusal = post(api)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "request_in_flight")
    assert refusal.headers["retry-after"] == str(LOCK_SECONDS + 1)


def test_once_works_under_the_same_request_key_when_the_first_run_died(api, things, engine, clock):
    post(api)
    with engine.begin() as connection:
        connection.execute(text("UPDATE idempotency_key SET status = NULL, body = NULL"))
    clock.advance(seconds=LOCK_SECONDS)
    assert post(api).status_code == 201
    assert len({key for _name, key in things.made}) == 1
    assert len(things.made) == 2


def test_once_names_the_route_not_the_path_when_it_stores_the_key(api, engine):
    post(api)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT route FROM idempotency_key")).scalar_one()
    assert stored == "POST /things/{shelf}"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("", "invalid_request"),
        ("x" * 256, "invalid_request"),
        ("a\x00", "unstorable_text"),
    ],
)
def test_once_refuses_when_the_key_is_none_that_can_be_kept(api, things, key, code):
    refusal = post(api, key=key)
    assert (refusal.status_code, refusal.json()["code"]) == (422, code)
    assert things.made == []


def test_once_refuses_when_nobody_is_signed_in(api):
    assert post(api, token=None).status_code == 401


def test_caller_is_nobody_when_no_token_is_sent_but_never_when_it_is_bad(api):
    assert api("GET", "/me").json() == {"account": None}
    assert api("GET", "/me", token="ann").json() == {"account": "acc_ann"}
    assert api("GET", "/me", token="bad").status_code == 401
    assert api("GET", "/me", Authorization="Basic YTpi").json() == {"account": None}
