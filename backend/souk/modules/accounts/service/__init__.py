"""Use cases of accounts."""

from souk.modules.accounts.service.gates import KeyGate, SignInGate
from souk.modules.accounts.service.keys import ApiKeys
from souk.modules.accounts.service.sessions import Sessions
from souk.modules.accounts.service.sign_in import Accounts

__all__ = ["Accounts", "ApiKeys", "KeyGate", "Sessions", "SignInGate"]
