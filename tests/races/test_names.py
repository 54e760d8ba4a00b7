"""One store, many names at once."""

from sqlalchemy import text

from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.modules.names.domain import Verifying
from souk.modules.names.errors import NameOfAnother
from souk.modules.names.service import Lookups, Rechecks, Verifications
from tests.support.account_builders import a_wallet, accounts_on
from tests.support.fake_names import FakeNameService, a_name
from tests.support.seller_builders import a_seller, sellers_on
from tests.support.threads import at_once

THREADS = 6
SOFIA = a_wallet("sofia").address
MALLORY = a_wallet("mallory").address


def verifications_on(uow, chain: FakeNameService) -> Verifications:
    lookups = Lookups(uow, sellers_on(uow), EnsipNormaliser(), chain)
    return Verifications(uow, accounts_on(uow), sellers_on(uow), lookups, chain)


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

    answers = at_once(
        THREADS, lambda number: verifications.verify(store.principal, f"fig{number}.eth")
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
    rechecks = Rechecks(
        committing_uow, accounts_on(committing_uow), sellers_on(committing_uow), chain
    )

    at_once(THREADS, lambda _number: rechecks.check_due())

    assert standing(engine) == ([], [None])
    with engine.connect() as connection:
        lost = "SELECT count(*) FROM outbox WHERE name = 'ens.name_lost'"
        assert connection.scalar(text(lost)) == 1
