"""`souk role`: say who is staff. The first of them nobody else could name."""

import argparse

from souk.bootstrap import build
from souk.core.errors import DomainError
from souk.core.principal import Role
from souk.entrypoints.failures import CommandFailed
from souk.modules.accounts.service import Roles
from souk.settings import Settings

_STAFF = (Role.ARBITER, Role.SUPPORT, Role.ADMIN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and what."""
    parser.add_argument("act", choices=("give", "take"))
    parser.add_argument("role", choices=[role.value for role in _STAFF])
    parser.add_argument("who", help="an account's id, or the address of one of its wallets")


def run(arguments: argparse.Namespace) -> int:
    """0 when it is so now; whoever it is has to sign in again."""
    container = build(Settings.from_environment())
    try:
        roles, role = container.get(Roles), Role(arguments.role)
        change = roles.give if arguments.act == "give" else roles.take
        account_id = change(arguments.who, role)
    except DomainError as refusal:
        raise CommandFailed(refusal.detail, 2) from refusal
    finally:
        container.close()
    print(f"{account_id} is {'now' if arguments.act == 'give' else 'no longer'} {role}")
    return 0
