"""Why a call of the escrow reverts: from revert data to an error that a person understands.

What reverts is `Escrow.sol`, a library that it is made of, a token (ERC-6093, EIP-2612, EIP-3009,
or plain words), Permit2, or the compiler's own checks. Anybody may have written a token, so its
words are quoted, cut and cleaned, and nothing is concluded from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow.calls import STATUSES
from souk.adapters.evm.escrow.hashes import ORDER_FIELDS
from souk.adapters.evm.wire import UNREADABLE, read_bytes
from souk.core.clock import rfc3339
from souk.core.money import Asset, Money
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.payments import errors
from souk.modules.payments.errors import EscrowRefused

_LONGEST_QUOTE = 120


@dataclass(frozen=True, slots=True)
class _Figures:
    """Writes amounts: in the asset of the order where that is known."""

    asset: Asset | None

    def __call__(self, amount: int) -> str:
        if self.asset is None or amount >= 2**128:
            return f"{amount} smallest units"
        return str(Money(amount, self.asset))


_Explain = Callable[..., EscrowRefused]

# What to do when the contract refuses a field of the terms, by position.
_FIELDS = (
    "all orders of one payment must be of the buyer who pays; pay them apart",
    "the seller must be another than the buyer and the escrow; the seller has to name another"
    " payout wallet",
    "all orders of one payment must be in the same token, and the native coin cannot be paid by a"
    " signature; choose another token or way to pay",
    "the amount must not be zero; start the payment anew",
    "there is no arbiter, or it is a party of this order; settle with the other party instead",
    "there is nobody to get the fee; start the payment anew",
    "the fee is above ten percent; start the payment anew",
    "the share for an arbiter's silence is above the whole; start the payment anew",
    "the time to pay lies more than 30 days ahead; start the payment anew",
    "the seller's time must end after the time to pay, within a year; start the payment anew",
    "the buyer's time is above 180 days; start the payment anew",
    "the terms are malformed; start the payment anew",
)


def _bad_order(_figures: _Figures, field: int) -> EscrowRefused:
    if field >= len(_FIELDS):
        return errors.EscrowOrderRefused(
            "there is no order in this call; choose at least one", context={"field": "orders"}
        )
    name = ORDER_FIELDS[field][0]
    return errors.EscrowOrderRefused(
        f"the escrow refuses the order's {name}: {_FIELDS[field]}", context={"field": name}
    )


# What may be done about an order in each state.
_NEXT = (
    "it has to be paid first",
    "the seller has to fulfil, or may give the money back",
    "the buyer may release the money or open a dispute",
    "the arbiter rules, or both parties settle",
    "nothing is left to be done, but the seller may reimburse the buyer",
)


def _bad_state(_figures: _Figures, escrow_id: bytes, status: int) -> EscrowRefused:
    known = status < len(STATUSES)
    now = STATUSES[status] if known else "in an unknown state"
    hint = f": {_NEXT[status]}" if known else ""
    return errors.EscrowStateConflict(
        f"the order is {now} on the chain, which does not allow this{hint}",
        context={"escrow_id": "0x" + escrow_id.hex(), "status": now},
    )


def _too_early(_figures: _Figures, deadline: int) -> EscrowRefused:
    at = _instant(deadline)
    return errors.EscrowTooEarly(
        f"the time of another, the other party's or the arbiter's, runs until {at}; try again after"
        " that",
        context={"deadline": at},
    )


def _too_late(_figures: _Figures, deadline: int) -> EscrowRefused:
    at = _instant(deadline)
    return errors.EscrowTooLate(
        f"the time for this was over at {at}; look at the order to see what is possible now",
        context={"deadline": at},
    )


def _not_party(_figures: _Figures, sender: str) -> EscrowRefused:
    return errors.EscrowNotParty(
        "this wallet is not the party that may do this; switch to the wallet of the order",
        context={"sender": sender},
    )


def _bad_amount(figures: _Figures, got: int, want: int) -> EscrowRefused:
    return errors.EscrowAmountMismatch(
        f"{figures(got)} came where {figures(want)} were due; ask for the call anew and send it"
        " unchanged",
        context={"got": str(got), "want": str(want)},
    )


def _bad_signature(_figures: _Figures, party: str) -> EscrowRefused:
    return errors.EscrowConsentRefused(
        f"{party} has not signed exactly this; an offer ends when money moves or the order's state"
        " changes, so have it signed anew",
        context={"party": party},
    )


def _not_signed(_figures: _Figures, *_arguments: object) -> EscrowRefused:
    return errors.EscrowConsentRefused(
        "the signature is not the payer's own over exactly this payment; sign again with the"
        " paying wallet"
    )


def _signature_used(_figures: _Figures, *_arguments: object) -> EscrowRefused:
    return errors.EscrowConsentUsed(
        "this signature was used before or withdrawn; look whether the order is paid already"
    )


def _signature_over(_figures: _Figures, deadline: int) -> EscrowRefused:
    at = _instant(deadline)
    return errors.EscrowTooLate(
        f"the signature was good until {at}; start the payment anew", context={"deadline": at}
    )


def _authorization_over(figures: _Figures, _after: int, before: int) -> EscrowRefused:
    return _signature_over(figures, before)


def _no_permit2(_figures: _Figures) -> EscrowRefused:
    return errors.EscrowWayMissing("this chain has no Permit2; choose another way to pay")


def _nothing_due(_figures: _Figures) -> EscrowRefused:
    return errors.EscrowNothingDue("all of this is settled on the chain already; nothing to do")


def _bad_recipient(_figures: _Figures, to: str) -> EscrowRefused:
    return errors.EscrowBadRecipient(
        "money cannot be sent to this address; name another one", context={"to": to}
    )


def _payout_failed(_figures: _Figures) -> EscrowRefused:
    return errors.EscrowBadRecipient("this address does not take the money; name another one")


def _more_gas_needed(_figures: _Figures, gas: int) -> EscrowRefused:
    return errors.EscrowGasTooLow(
        f"send it again with at least {gas} gas more", context={"gas": str(gas)}
    )


def _reentered(_figures: _Figures) -> EscrowRefused:
    return errors.EscrowReentered(
        "a contract that gets money here called the escrow in between; nothing moved, use a wallet"
        " that does not"
    )


def _faulty(_figures: _Figures, *arguments: object) -> EscrowRefused:
    return errors.EscrowFaulty(
        "the contract failed and nothing moved; do not send it again, ask for help",
        context={"arguments": [_clean(str(argument)) for argument in arguments]},
    )


def _token_refused(_figures: _Figures, *_arguments: object) -> EscrowRefused:
    return errors.EscrowTokenRefused(
        "the token refuses the transfer; check balance and allowance, and that neither wallet is"
        " blocked by the token's issuer"
    )


def _balance_too_low(figures: _Figures, who: str, has: int, needs: int) -> EscrowRefused:
    missing = figures(max(needs - has, 0))
    return errors.EscrowBalanceTooLow(
        f"the wallet has {figures(has)} and needs {figures(needs)}: {missing} more",
        context={"wallet": who, "has": str(has), "needs": str(needs)},
    )


def _allowance_too_low(figures: _Figures, spender: str, has: int, needs: int) -> EscrowRefused:
    return errors.EscrowAllowanceTooLow(
        f"the wallet lets {figures(has)} be taken and {figures(needs)} are due; sign the allowance"
        " first",
        context={"spender": spender, "has": str(has), "needs": str(needs)},
    )


def _in_words(_figures: _Figures, words: str) -> EscrowRefused:
    said = _clean(words)
    return errors.EscrowTokenRefused(
        f'the token refuses and says "{said}"; check balance, allowance and signature',
        context={"reason": said},
    )


def _clean(words: str) -> str:
    return "".join(one if one.isprintable() else " " for one in words[:_LONGEST_QUOTE])


def _instant(timestamp: int) -> str:
    try:
        return rfc3339(datetime.fromtimestamp(timestamp, UTC))
    except (OverflowError, ValueError, OSError):
        return str(timestamp)


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def _table(
    *rows: tuple[str, tuple[str, ...], _Explain],
) -> Mapping[bytes, tuple[tuple[str, ...], _Explain]]:
    return {
        _selector(f"{name}({','.join(types)})"): (types, explain) for name, types, explain in rows
    }


_ACCOUNT, _FIGURES = ("address",), ("address", "uint256", "uint256")
_KNOWN = _table(
    # Escrow.sol
    ("BadOrder", ("uint8",), _bad_order),
    ("BadState", ("bytes32", "uint8"), _bad_state),
    ("TooEarly", ("uint40",), _too_early),
    ("TooLate", ("uint40",), _too_late),
    ("NotParty", _ACCOUNT, _not_party),
    ("BadAmount", ("uint256", "uint256"), _bad_amount),
    ("BadSignature", _ACCOUNT, _bad_signature),
    ("NoPermit2", (), _no_permit2),
    ("NothingDue", (), _nothing_due),
    ("BadRecipient", _ACCOUNT, _bad_recipient),
    ("MoreGasNeeded", ("uint256",), _more_gas_needed),
    # The libraries that it is made of
    ("ReentrancyGuardReentrantCall", (), _reentered),
    ("FailedCall", (), _payout_failed),
    ("InsufficientBalance", ("uint256", "uint256"), _faulty),
    ("InvalidShortString", (), _faulty),
    ("StringTooLong", ("string",), _faulty),
    ("SafeERC20FailedOperation", _ACCOUNT, _token_refused),
    ("ECDSAInvalidSignature", (), _not_signed),
    ("ECDSAInvalidSignatureLength", ("uint256",), _not_signed),
    ("ECDSAInvalidSignatureS", ("bytes32",), _not_signed),
    # Tokens: ERC-6093, EIP-2612, EIP-3009
    ("ERC20InsufficientBalance", _FIGURES, _balance_too_low),
    ("ERC20InsufficientAllowance", _FIGURES, _allowance_too_low),
    ("ERC20InvalidSender", _ACCOUNT, _token_refused),
    ("ERC20InvalidReceiver", _ACCOUNT, _token_refused),
    ("ERC20InvalidApprover", _ACCOUNT, _token_refused),
    ("ERC20InvalidSpender", _ACCOUNT, _token_refused),
    ("ERC2612ExpiredSignature", ("uint256",), _signature_over),
    ("ERC2612InvalidSigner", ("address", "address"), _not_signed),
    ("ERC3009InvalidSignature", (), _not_signed),
    ("ERC3009InvalidAuthorizationTime", ("uint256", "uint256"), _authorization_over),
    ("ERC3009UsedAuthorization", ("address", "bytes32"), _signature_used),
    # Permit2
    ("SignatureExpired", ("uint256",), _signature_over),
    ("InvalidNonce", (), _signature_used),
    ("InvalidAmount", ("uint256",), _not_signed),
    ("InvalidSigner", (), _not_signed),
    ("InvalidSignature", (), _not_signed),
    ("InvalidSignatureLength", (), _not_signed),
    ("InvalidContractSignature", (), _not_signed),
    # The compiler
    ("Error", ("string",), _in_words),
    ("Panic", ("uint256",), _faulty),
)


def state_conflict(escrow_id: str, status: int) -> EscrowRefused:
    """What the contract says when an order's state does not allow a call."""
    return _bad_state(_Figures(None), bytes.fromhex(escrow_id[2:]), status)


def amount_mismatch(got: int, want: int, asset: Asset) -> EscrowRefused:
    """What the contract says when another amount is due."""
    return _bad_amount(_Figures(asset), got, want)


def explain_revert(data: str, asset: Asset | None = None) -> EscrowRefused:
    """Why a call of the contract reverts, from its revert data (0x-hex); amounts are written in
    `asset`, the one of the order."""
    try:
        raw = read_bytes(data, "revert data")
    except ChainDataRefused:
        raw = b""
    known = _KNOWN.get(raw[:4])
    if known is not None:
        types, explain = known
        try:
            arguments = decode(types, raw[4:])
        except UNREADABLE:
            pass
        else:
            return explain(_Figures(asset), *arguments)
    return EscrowRefused(
        "the contract refuses this call and does not say why; check that the wallet can pay, and"
        " ask for the call anew",
        context={"revert_data": data[:10]},
    )
