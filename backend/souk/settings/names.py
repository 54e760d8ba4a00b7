"""Where names of ENS are read, and what may be fetched for them."""

import os
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from souk.settings.group import Group, listed

_Host = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$")]


class EnsSettings(Group):
    """The chain on which names of ENS are read. The addresses are those of the main chain unless
    said otherwise."""

    ens_rpc_url: SecretStr
    ens_chain_id: int = Field(1, ge=1)
    ens_registry: str = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"
    ens_registrar: str = "0x57f1887a8BF19b14fC0dF6Fd9B2acc9Af147eA85"
    ens_controller: str = "0x59E16fcCd424Cc24e280Be16E11Bcd56fb0CE547"
    ens_wrapper: str = "0xD4416b13d2b3a9aBae7AcD5D6C2BbDBE25686401"


def ens_settings() -> EnsSettings | None:
    """`None` when no address is set: names are read on the chain of one machine, if there is one.
    Raises pydantic's `ValidationError`."""
    return EnsSettings() if os.environ.get("ENS_RPC_URL", "").strip() else None


class NameSettings(Group):
    """What may be fetched for names of ENS: gateways, named by their hosts, that resolvers send
    their callers to (EIP-3668), none unless listed."""

    ens_gateway_hosts: Annotated[tuple[_Host, ...], NoDecode, BeforeValidator(listed)] = ()
