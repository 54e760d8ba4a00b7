"""The contract's order, from the document that states its terms and from nothing else."""

import hashlib
from collections.abc import Mapping

from eth_abi.exceptions import EncodingError

from souk.adapters.evm.escrow.hashes import ORDER_FIELDS, order_id
from souk.adapters.evm.proofs.paper import Unreadable, read_json
from souk.core.addresses import Address, checksum_address
from souk.modules.payments.domain import EscrowOrder

_FIELDS = frozenset(name for name, _kind in ORDER_FIELDS) - {"ref"}
_MOST_DIGITS = 30


class StatedTerms:
    """A terms document, and what follows from it."""

    def __init__(self, text: str) -> None:
        """Raises `Unreadable` for what is no terms document of an escrow."""
        try:
            body = text.encode()
        except UnicodeEncodeError as error:
            raise Unreadable("the terms are no text") from error
        document = _object(read_json(text), "the terms")
        if document.get("document") != "souk terms 1":
            raise Unreadable("the terms are in no form known here")
        escrow = _object(document.get("escrow"), "the terms' escrow")
        self.order_id = document.get("order_id")
        self.chain_id = _number(escrow.get("chain_id"))
        self.contract = _account(escrow.get("contract"))
        ref = "0x" + hashlib.sha256(body).hexdigest()
        self.order = _order(_object(escrow.get("order"), "the terms' order"), ref)

    def escrow_id(self) -> str:
        """The id that the contract gives to these terms: their EIP-712 digest, with the document's
        SHA-256 as `ref`. Raises `Unreadable`."""
        try:
            return order_id(self.order, chain_id=self.chain_id, contract=self.contract)
        except EncodingError as error:
            raise Unreadable("the terms' order is none that the contract could hold") from error


def _order(fields: Mapping[str, object], ref: str) -> EscrowOrder:
    if fields.keys() != _FIELDS:
        raise Unreadable("the terms' order has not the fields of the contract's")
    return EscrowOrder(
        buyer=_account(fields["buyer"]),
        seller=_account(fields["seller"]),
        token=_account(fields["token"]),
        amount=_number(fields["amount"]),
        arbiter=_account(fields["arbiter"]),
        fee_to=_account(fields["feeTo"]),
        fee_bps=_number(fields["feeBps"]),
        silent_bps=_number(fields["silentBps"]),
        pay_by=_number(fields["payBy"]),
        fulfil_by=_number(fields["fulfilBy"]),
        window=_number(fields["window"]),
        ref=ref,
    )


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Unreadable(f"{what} are not as they have to be")
    return value


def _number(value: object) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise Unreadable("the terms have no number where one belongs")
    if len(value) > _MOST_DIGITS or value != str(int(value)):
        raise Unreadable("the terms have no number where one belongs")
    return int(value)


def _account(value: object) -> Address:
    if isinstance(value, str) and len(value) == 42 and value.isascii():
        checked = checksum_address(value)
        if checked == value:
            return checked
    raise Unreadable("the terms have no account where one belongs")
