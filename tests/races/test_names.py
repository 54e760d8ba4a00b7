"""One store, many names at once."""

import pytest
from sqlalchemy import text

from souk.modules.names.domain import Verifying
from souk.modules.names.errors import NameOfAnother, NameUnfit
from souk.modules.sellers.errors import PayoutsCoolingOff, PayoutWalletNotProved, StaleVersion
from tests.support.account_builders import a_message, a_wallet, accounts_on, an_account
from tests.support.fake_names import FakeNameService, a_name
from tests.support.name_builders import last_looks_on, rechecks_on, verifications_on
from tests.support.seller_builders import a_seller, sellers_on
from tests.support.threads import at_once, second_waits_for_first

THREADS = 6
ROUNDS = 15
SOFIA = a_wallet("sofia").address
MALLORY = a_wallet("mallory").address


def standing(engine) -> tuple[list[str], list[str | None]]:
    """Names that are not lost, and names that stores show."""
    with engine.connect() as connection:
        open_ones = "SELECT name FROM ens_verifications WHERE lost_at IS NULL ORDER BY name"
        shown = "SELECT ens_name FROM seller ORDER BY id"
        return (
            list(connection.scalars(text(open_ones))),
            list(connection.scalars(text(shown))),
        )


def test_store_shows_one_name_when_many_are_proved_at_once(committing_uow, engine) -> None:
    store, chain = a_seller(committing_uow), FakeNameService()
    for number in range(THREADS):
        chain.names[f"fig{number}.eth"] = a_name(SOFIA)
    verifications = verifications_on(committing_uow, chain)

    people = [store.proved() for _ in range(THREADS)]
    answers = at_once(
        THREADS, lambda number: verifications.verify(people[number], f"fig{number}.eth")
    )

    assert all(isinstance(answer, Verifying | NameOfAnother) for answer in answers), answers
    names, shown = standing(engine)
    assert (len(names), shown) == (1, names)


def test_name_is_lost_once_when_two_workers_look_at_once(committing_uow, engine, clock) -> None:
    store, chain = a_seller(committing_uow), FakeNameService(clock.now())
    chain.names["fig.eth"] = a_name(SOFIA)
    verifications_on(committing_uow, chain).verify(store.principal, "fig.eth")
    clock.advance(days=1)
    chain.names["fig.eth"].address = MALLORY
    rechecks = rechecks_on(committing_uow, chain)

    at_once(THREADS, lambda _number: rechecks.check_due())

    assert standing(engine) == ([], [None])
    with engine.connect() as connection:
        lost = "SELECT count(*) FROM outbox WHERE name = 'ens.name_lost'"
        assert connection.scalar(text(lost)) == 1


@pytest.mark.parametrize("seen", [SOFIA, MALLORY])
def test_nobody_waits_in_a_circle_when_a_name_is_shown_looked_at_and_its_store_edited(
    committing_uow, engine, clock, seen
) -> None:
    """`seen` is what the name stands for by the word of another node, which may be ahead."""
    uow, chain, ahead = committing_uow, FakeNameService(clock.now()), FakeNameService(clock.now())
    chain.names["fig.eth"], ahead.names["fig.eth"] = a_name(SOFIA), a_name(seen)
    store, sellers = a_seller(uow), sellers_on(uow)
    verifications, looks = verifications_on(uow, chain), last_looks_on(uow, ahead)
    verifications.verify(store.principal, "fig.eth")

    def show(_number: int) -> object:
        return verifications.verify(store.principal, "fig.eth")

    def look(_number: int) -> object:
        with uow.begin() as tx:
            stale = looks.list_stale(tx, [store.id])
        return looks.look(stale)

    def move(_number: int) -> object:
        owner, changes = an_account(uow, "sofia"), {"payout_wallet": MALLORY}
        with engine.connect() as connection:
            version = connection.scalar(text("SELECT version FROM seller"))
        return sellers.edit(owner, store.id, changes, version=version)

    for _ in range(ROUNDS):
        clock.advance(minutes=1)
        answers = at_once(THREADS, lambda number: (show, look, move)[number % 3](number))

        # The wallet is not hers, which is found out with the store and the account locked.
        assert [one for one in answers if isinstance(one, Exception) and not is_fit(one)] == []
        names, shown = standing(engine)
        assert shown == (names or [None])


def is_fit(answer: Exception) -> bool:
    fit = NameOfAnother | PayoutWalletNotProved | PayoutsCoolingOff | StaleVersion
    return isinstance(answer, fit)


@pytest.mark.pitfall("A7")
def test_name_is_not_shown_when_its_wallet_is_being_removed(committing_uow, engine, clock) -> None:
    store, chain = a_seller(committing_uow), FakeNameService(clock.now())
    second = a_wallet("sofia two")
    chain.names["fig.eth"] = a_name(second.address)
    accounts = accounts_on(committing_uow)
    message = a_message(accounts.issue_nonce(), second).render()
    accounts.add_wallet(store.proved(), message, second.sign(message))
    owner = store.proved()

    shown = second_waits_for_first(
        committing_uow,
        engine,
        lambda tx: accounts.remove_wallet(tx, owner, second.address),
        lambda: verifications_on(committing_uow, chain).verify(owner, "fig.eth"),
    )

    assert isinstance(shown.exception(), NameUnfit)
    assert standing(engine) == ([], [None])
