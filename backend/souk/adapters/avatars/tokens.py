"""Pictures that are tokens (CAIP-22 and CAIP-29): shown for whoever holds them, where that can be
seen."""

import re
from dataclasses import dataclass

from souk.adapters.avatars.refusing import refused
from souk.adapters.ens.answers import address_in, number_in, text_in
from souk.adapters.ens.calls import CallsReader, Question
from souk.core.addresses import Address, checksum_address
from souk.modules.names.domain import AvatarFault

SCHEME = "eip155:"
_TOKEN = re.compile(
    r"eip155:([0-9]{1,20})/(erc721|erc1155):(0x[0-9a-f]{40})/([0-9]{1,78})", re.ASCII
)
_IDS = 2**256


@dataclass(frozen=True, slots=True)
class _Token:
    chain_id: int
    is_shared: bool
    contract: Address
    id: int


class PictureTokens:
    """Reads tokens of one chain."""

    def __init__(self, reader: CallsReader) -> None:
        self._reader = reader

    def described_at(self, text: str, holder: Address | None) -> str:
        """The address of the token's description, if the account holds the token. Raises
        `AvatarRefused`, and `ProviderUnavailable` when the chain cannot be asked."""
        token = _parsed(text)
        if token.chain_id != self._reader.chain_id:
            raise refused(AvatarFault.OTHER_CHAIN)
        head = self._reader.newest()
        (held,) = self._reader.ask(head, [_holding(token, holder)]) if holder else (None,)
        is_holder = held is not None and (
            (number_in(held) or 0) > 0 if token.is_shared else address_in(held) == holder
        )
        if not is_holder:
            raise refused(AvatarFault.NOT_THEIRS)
        described = "uri(uint256)" if token.is_shared else "tokenURI(uint256)"
        said = self._reader.ask_alone(head, Question.of(token.contract, described, token.id))
        address = text_in(said)
        if not address:
            raise refused(AvatarFault.UNDESCRIBED)
        return address.replace("{id}", f"{token.id:064x}") if token.is_shared else address


def _holding(token: _Token, holder: Address) -> Question:
    if token.is_shared:
        return Question.of(token.contract, "balanceOf(address,uint256)", holder, token.id)
    return Question.of(token.contract, "ownerOf(uint256)", token.id)


def _parsed(text: str) -> _Token:
    match = _TOKEN.fullmatch(text.lower())
    if match is None or int(match[4]) >= _IDS:
        raise refused(AvatarFault.UNKNOWN_ADDRESS)
    return _Token(int(match[1]), match[2] == "erc1155", checksum_address(match[3]), int(match[4]))
