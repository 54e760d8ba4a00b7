"""Making API keys from many threads at the same moment."""

from collections import Counter

from souk.core.principal import Scope
from souk.modules.accounts.domain.keys import MAX_KEYS, RevealedKey
from souk.modules.accounts.errors import TooManyKeys
from souk.modules.accounts.service import ApiKeys
from tests.support.account_builders import an_account
from tests.support.threads import at_once


def test_create_keeps_to_the_limit_when_many_are_made_at_once(committing_uow):
    keys, caller = ApiKeys(committing_uow), an_account(committing_uow)
    answers = at_once(
        MAX_KEYS + 5, lambda n: keys.create(caller, name=str(n), scopes=[Scope.ORDERS_READ])
    )
    assert Counter(type(answer) for answer in answers) == {RevealedKey: MAX_KEYS, TooManyKeys: 5}
