"""Names of ENS: what is read of them, and when a store may show one.

Whether a name has expired is judged by the time of the block that it was read in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from souk.core.addresses import Address
from souk.core.money import Money

EnsName = NewType("EnsName", str)
"""A name in the normal form of ENSIP-15."""

MAX_NAME_LENGTH = 255
MAX_LABELS = 8
ETH = "eth"
GRACE = timedelta(days=90)
"""How long the registrar keeps a name of `eth` for its holder after it has expired."""

AVATAR = "avatar"
TEXT_KEYS = (
    AVATAR, "description", "url", "email", "com.twitter", "com.github", "com.discord",
    "org.telegram",
)  # fmt: skip

PICTURE_BYTES = 1_048_576
"""A larger picture is not shown."""

SHORTEST_LABEL = 3
"""The registrar gives no shorter ones away."""
_LONGEST_SUGGESTION = 32
_PATTERNS = (
    "{}", "{}shop", "{}store", "the{}", "shop{}", "my{}", "{}hq", "{}goods", "{}market", "{}co",
    "get{}", "{}-shop",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text is no name: a code of ENSIP-15 in lower case, a sentence, and where."""

    code: str
    reason: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What ENSIP-15 makes of a text: a name and how it is best shown, or a refusal and, where one
    can be made, the name that was probably meant."""

    name: EnsName | None
    shown: str | None
    refusal: Refusal | None = None
    suggestion: EnsName | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The block as of which something was read."""

    chain_id: int
    number: int
    hash: str
    at: datetime

    def is_before(self, other: "Evidence") -> bool:
        """Whether this is an older block of the same chain."""
        return self.chain_id == other.chain_id and self.number < other.number


class NameState(StrEnum):
    """Whether somebody holds a name. `GRACE_PERIOD`: it has expired, and its holder alone can
    renew it. `WILDCARD`: nobody holds it, and a name above it that is held answers for all names
    below itself. `FREE`: nobody holds it, which does not mean that it can be registered."""

    HELD = "held"
    WILDCARD = "wildcard"
    GRACE_PERIOD = "grace_period"
    EXPIRED = "expired"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRecord:
    """A name as it stood in one block. `address` is what it stands for, `owner` who holds it.

    `expires_at` is the first instant at which it, or a name above it, expires; `None` for names
    that do not. `graced` says that the registrar keeps it for another 90 days after that.
    `answered_by` is the name above it whose resolver answers for it, if that name is held
    (ENSIP-10). `off_chain` means that the resolver asks its caller to look elsewhere (EIP-3668),
    whether that was done or not. `texts` are what the owner says and nobody has checked.
    """

    name: EnsName
    block: Evidence
    address: Address | None = None
    owner: Address | None = None
    wrapped: bool = False
    answered_by: EnsName | None = None
    expires_at: datetime | None = None
    graced: bool = False
    off_chain: bool = False
    contenthash: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> NameState:
        """Whether somebody holds it, by the block's time."""
        if self.expires_at is not None and self.expires_at <= self.block.at:
            over = self.graced and self.expires_at + GRACE < self.block.at
            lapsed = NameState.GRACE_PERIOD if self.graced else NameState.EXPIRED
            return NameState.FREE if over else lapsed
        if self.owner is not None:
            return NameState.HELD
        return NameState.FREE if self.answered_by is None else NameState.WILDCARD

    @property
    def is_standing(self) -> bool:
        """Whether what the name stands for counts: it is held, or one above it is that answers for
        all names below itself."""
        return self.state in (NameState.HELD, NameState.WILDCARD)

    @property
    def grace_until(self) -> datetime | None:
        """Until when its holder can renew it."""
        return self.expires_at + GRACE if self.graced and self.expires_at is not None else None


class Fault(StrEnum):
    """Why a store may not show a name."""

    NOT_HELD = "not_held"
    EXPIRED = "expired"
    OFF_CHAIN = "off_chain"
    NO_ADDRESS = "no_address"
    REPOINTED = "repointed"
    REPLACED = "replaced"
    WALLET_GONE = "wallet_gone"

    @property
    def sentence(self) -> str:
        """What to tell the seller."""
        return _SENTENCES[self]

    @property
    def freezes_payouts(self) -> bool:
        """Whether somebody else has had a hand in it, as far as can be seen. Another name is shown,
        and a wallet is taken from an account, by its owner alone; a gateway may just be silent."""
        return self not in (Fault.OFF_CHAIN, Fault.REPLACED, Fault.WALLET_GONE)


_SENTENCES = {
    Fault.NOT_HELD: "nobody holds this name; register it first",
    Fault.EXPIRED: "this name has expired; renew it first, for a name in its 90 days of grace"
    " does not count",
    Fault.OFF_CHAIN: "this name is resolved off chain, where nobody asks from here or nobody has an"
    " answer; give it an address on the chain",
    Fault.NO_ADDRESS: "this name stands for no address; set its Ethereum address to your wallet",
    Fault.REPOINTED: "this name stands for another wallet than the one that was proved",
    Fault.REPLACED: "the store shows another name now",
    Fault.WALLET_GONE: "the account has not proved the wallet of this name, or not on the chain"
    " that the name is on",
}


def find_loss(record: NameRecord, shown: "Verification") -> Fault | None:
    """What keeps a store from showing a name any longer. One that stood on the chain, or was
    somebody else's, and now leads off it was pointed elsewhere: its gateway is not merely
    silent."""
    fault = find_fault(record, shown.wallet)
    if fault is Fault.OFF_CHAIN and not (shown.off_chain and record.owner == shown.owner):
        return Fault.REPOINTED
    return fault


def find_fault(record: NameRecord, wallet: Address | None = None) -> Fault | None:
    """What keeps a store from showing this name, for whose wallet it must stand if one is given."""
    if record.state is NameState.FREE:
        return Fault.NOT_HELD
    if not record.is_standing:
        return Fault.EXPIRED
    if record.address is None:
        return Fault.OFF_CHAIN if record.off_chain else Fault.NO_ADDRESS
    if wallet is not None and record.address != wallet:
        return Fault.REPOINTED
    return None


@dataclass(frozen=True, slots=True)
class Picture:
    """What a name is shown with: JPEG, PNG, WebP or GIF."""

    media_type: str
    content: bytes


class AvatarFault(StrEnum):
    """Why the picture of a name is not shown."""

    UNKNOWN_ADDRESS = "unknown_address"
    NOT_FETCHED = "not_fetched"
    TOO_LARGE = "too_large"
    NO_PICTURE = "no_picture"
    OTHER_CHAIN = "other_chain"
    NOT_THEIRS = "not_theirs"
    UNDESCRIBED = "undescribed"
    IPFS_OFF = "ipfs_off"
    IPFS_FORM = "ipfs_form"
    IPFS_FORGED = "ipfs_forged"

    @property
    def sentence(self) -> str:
        """What to tell the owner."""
        return _AVATAR_SENTENCES[self]


_AVATAR_SENTENCES = {
    AvatarFault.UNKNOWN_ADDRESS: "the avatar must be an address that begins with https:, ipfs: or"
    " data:, or a token as eip155:1/erc721:0x.../7",
    AvatarFault.NOT_FETCHED: "the avatar cannot be fetched",
    AvatarFault.TOO_LARGE: "the avatar is too large",
    AvatarFault.NO_PICTURE: "the avatar is no picture in JPEG, PNG, WebP or GIF",
    AvatarFault.OTHER_CHAIN: "the avatar is a token of another chain, where nobody looks who holds"
    " it",
    AvatarFault.NOT_THEIRS: "the avatar is a token that the name's account does not hold",
    AvatarFault.UNDESCRIBED: "the avatar is a token without a proper description of a picture",
    AvatarFault.IPFS_OFF: "the avatar lies in IPFS, from where nothing is fetched here",
    AvatarFault.IPFS_FORM: "the avatar lies in IPFS in a form that is not read here",
    AvatarFault.IPFS_FORGED: "the avatar lies in IPFS, and the gateway gave something else",
}


@dataclass(frozen=True, slots=True)
class Availability:
    """A name below `eth` that may be had. `price` is what the registrar takes for a year; `None`
    where it does not say."""

    label: str
    available: bool
    price: Money | None


def labels_near(label: str) -> tuple[str, ...]:
    """Labels that somebody might like who likes this one, the best first and this one foremost."""
    found = dict.fromkeys(pattern.format(label) for pattern in _PATTERNS)
    return tuple(one for one in found if SHORTEST_LABEL <= len(one) <= _LONGEST_SUGGESTION)


@dataclass(frozen=True, slots=True)
class Verification:
    """A store's name that was proved, and the block in which it was last seen to be right;
    `off_chain` if a gateway had to be asked then."""

    id: str
    account_id: str
    seller_id: str
    name: EnsName
    wallet: Address
    owner: Address | None
    expires_at: datetime | None
    off_chain: bool
    block: Evidence
    verified_at: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class LostName:
    """A name that a store has shown and does not show any more."""

    seller_id: str
    name: EnsName
    reason: Fault


@dataclass(frozen=True, slots=True)
class Proof:
    """A message of EIP-4361 around a fresh nonce, and a wallet's signature over it."""

    message: str
    signature: str


@dataclass(frozen=True, slots=True)
class Verifying:
    """What came of the wish to show a name: it is shown, or its wallet has to sign `message`."""

    name: EnsName
    wallet: Address
    verification: Verification | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """Why nothing is known of a name at present: a code, a sentence, and whether asking again
    later may help."""

    code: str
    detail: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should know before trusting a name. `like` is the store that it
    looks like, if that is the matter."""

    code: str
    detail: str
    like: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything that is known of a text as a name. Of `record` and `outage` one is there when it
    is a name at all."""

    asked: str
    normalisation: Normalisation
    record: NameRecord | None = None
    primary_name: EnsName | None = None
    outage: Outage | None = None
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """Names below `eth` near one that was wished for, with what is known of each."""

    label: str
    names: tuple[Availability, ...]


def bounded(found: Normalisation) -> Normalisation:
    """What the standard made of a text, or a refusal when the name is longer than is looked up."""
    if found.name is None:
        return found
    too_long = len(found.name) > MAX_NAME_LENGTH or found.name.count(".") >= MAX_LABELS
    if not too_long:
        return found
    reason = f"a name has at most {MAX_NAME_LENGTH} characters and {MAX_LABELS} labels here"
    return Normalisation(None, None, Refusal("too_long", reason))


def compared_labels(name: EnsName) -> tuple[str, ...]:
    """The labels by which somebody may take a name for another: all but the last."""
    labels = name.split(".")
    return tuple(labels[:-1] or labels)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to sellers: the site, and the page on which they sign in."""

    site: str
    sign_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a seller is to be told: which name the store has lost, why, and until when it is paid
    where it is paid now."""

    seller_id: str
    account_id: str
    name: EnsName
    reason: Fault
    payout_frozen_until: datetime | None


def written(head: Letterhead, store: str, notice: Notice) -> tuple[str, str]:
    """Subject and text of the letter. `store` is what the store calls itself."""
    until, name = notice.payout_frozen_until, notice.name
    frozen = "" if until is None else _FROZEN.format(until=f"{until:%d %B %Y, %H:%M} UTC")
    return f"Your store does not show {name} any more", (
        f"Your store {store} on {head.site} has lost the name {name}.\n\n"
        f"Why: {notice.reason.sentence}.\n\n"
        f"What was done: the name is not shown at your store any more. {frozen}Orders and payments"
        " go on as they were.\n\n"
        "What to do next: once the name stands for a wallet of your account again, or when you have"
        " another one, show it at your store anew.\nIf you have not changed anything yourself,"
        " somebody else may hold the name now, and perhaps more than that: look at the wallets and"
        f" sessions of your account ({head.sign_in}), and write to us.\n"
    )


_FROZEN = "The address that it is paid to cannot be changed until {until}. "
