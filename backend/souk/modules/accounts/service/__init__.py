"""Use cases of accounts."""

from souk.modules.accounts.service.addresses import Addresses
from souk.modules.accounts.service.emails import Emails
from souk.modules.accounts.service.gates import EmailGate, KeyGate, SignInGate
from souk.modules.accounts.service.keys import ApiKeys
from souk.modules.accounts.service.letters import Letters
from souk.modules.accounts.service.roles import Roles
from souk.modules.accounts.service.sessions import Sessions
from souk.modules.accounts.service.sign_in import Accounts

__all__ = [
    "Accounts",
    "Addresses",
    "ApiKeys",
    "EmailGate",
    "Emails",
    "KeyGate",
    "Letters",
    "Roles",
    "Sessions",
    "SignInGate",
]
