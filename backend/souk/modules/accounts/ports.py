"""What accounts need from outside."""

from typing import Protocol

from souk.core.addresses import Address
from souk.modules.accounts.domain import Proof


class SignatureVerifier(Protocol):
    """Tells whether the holder of an address signed a text (EIP-191 `personal_sign`).

    Called with no transaction open, because a contract wallet can only be asked over the network.
    """

    def verify(self, *, message: str, signature: str, address: Address, chain_id: int) -> Proof:
        """What proves that `address` signed `message`: its key, or the contract that stands there
        on `chain_id`. `signature` is whatever text the client sent. Raises `MalformedSignature`,
        `SignatureMismatch`, `WalletFactoryUnknown`, `ProviderUnavailable`."""
        ...
