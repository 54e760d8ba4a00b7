"""Making API keys from many threads at the same moment."""

from collections import Counter

from souk.core.principal import Scope
from souk.modules.accounts.domain.keys import MAX_KEYS, RevealedKey
from souk.modules.accounts.errors import TooManyKeys
from souk.modules.accounts.service import ApiKeys
from tests.support.account_builders import an_account
from tests.support.threads import at_once


def test_create_keeps_to_the_limit_when_many_are_made_at_once(committing_uow):
    keys = ApiKeys(committing_uow)
    callers = [an_account(committing_uow) for _ in range(MAX_KEYS + 5)]
    answers = at_once(
        len(callers), lambda n: keys.create(callers[n], name=str(n), scopes=[Scope.ORDERS_READ])
    )
    assert Counter(type(answer) for answer in answers) == {RevealedKey: MAX_KEYS, TooManyKeys: 5}
