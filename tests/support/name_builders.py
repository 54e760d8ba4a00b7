"""What looks at names, over a chain whose names a test writes, or over none."""

from souk.adapters.ens.absent import AbsentNameService
from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.adapters.ens.prompt import PromptNames
from souk.core.unit_of_work import UnitOfWork
from souk.modules.names.ports import NameService
from souk.modules.names.service import Judge, LastLooks, Lookups, Rechecks, Verifications
from tests.support.account_builders import a_wallet, accounts_on
from tests.support.fake_names import FakeNameService, a_name
from tests.support.seller_builders import OpenedStore, a_seller, sellers_on


def judge_on(uow: UnitOfWork) -> Judge:
    return Judge(uow, accounts_on(uow), sellers_on(uow))


def verifications_on(uow: UnitOfWork, chain: NameService) -> Verifications:
    lookups = Lookups(uow, sellers_on(uow), EnsipNormaliser(), chain)
    return Verifications(uow, accounts_on(uow), sellers_on(uow), lookups, chain)


def rechecks_on(uow: UnitOfWork, chain: NameService) -> Rechecks:
    return Rechecks(uow, judge_on(uow), chain)


def last_looks_on(uow: UnitOfWork, chain: NameService | None = None) -> LastLooks:
    return LastLooks(judge_on(uow), PromptNames(chain or AbsentNameService()))


def a_named_seller(
    uow: UnitOfWork, chain: FakeNameService, owner: str, name: str, **changes
) -> OpenedStore:
    """A store that shows a name, which stands for its owner's wallet."""
    store = a_seller(uow, owner, **changes)
    chain.names[name] = a_name(a_wallet(owner).address, now=chain.now)
    verifications_on(uow, chain).verify(store.principal, name)
    return store


def shown_at(uow: UnitOfWork, seller_id: str) -> str | None:
    """The name that a store shows."""
    with uow.begin() as tx:
        return sellers_on(uow).get(tx, seller_id).ens_name
