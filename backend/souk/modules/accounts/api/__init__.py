"""Who somebody is: `/api/auth`, `/api/accounts`."""

from souk.core.web import Section
from souk.modules.accounts.api import addresses, emails, keys, roles, sessions, sign_in

router = Section.of(
    sign_in.router,
    emails.router,
    addresses.router,
    sessions.router,
    keys.router,
    roles.router,
)
