"""Signing in with a wallet: the message of EIP-4361 and what it must say to be accepted here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from souk.core.addresses import Address
from souk.core.clock import rfc3339
from souk.modules.accounts.errors import (
    IssuedInFuture,
    MessageExpired,
    MessageNotYetValid,
    MessageTooOld,
    WrongChain,
    WrongDomain,
    WrongScheme,
    WrongUri,
)

VERSION = "1"
STATEMENT = "Sign in to Souk. This costs nothing and moves no money."
CLOCK_SKEW = timedelta(seconds=60)
PROOF_LASTS = timedelta(minutes=5)
"""How long somebody who has just proved who they are may do what a token alone must not do."""
HEADING = " wants you to sign in with your Ethereum account:"


class Proof(StrEnum):
    """What a signature proves. A key is the same on every chain; the contract that stands at an
    address on one chain may be somebody else's on another."""

    KEY = "key"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """What this installation is, in the words of a sign-in message. `domain` (an authority such
    as `souk.example:8000`) and `uri` are configured, never read from a request's Host header."""

    domain: str
    uri: str
    chain_ids: tuple[int, ...]
    session_days: int
    nonce_seconds: int

    def __post_init__(self) -> None:
        if not self.chain_ids or not self.domain or not urlsplit(self.uri).scheme:
            raise ValueError("signing in needs a domain, an absolute URI and at least one chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiweMessage:
    """The fields of an EIP-4361 message. Times are aware; `None` is an absent optional field."""

    domain: str
    address: Address
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    scheme: str | None = None
    statement: str | None = None
    expiration_time: datetime | None = None
    not_before: datetime | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None

    def render(self) -> str:
        """The text that a wallet signs."""
        origin = self.domain if self.scheme is None else f"{self.scheme}://{self.domain}"
        lines = [origin + HEADING, self.address, ""]
        lines += [""] if self.statement is None else [self.statement, ""]
        lines += [
            f"URI: {self.uri}",
            f"Version: {VERSION}",
            f"Chain ID: {self.chain_id}",
            f"Nonce: {self.nonce}",
            f"Issued At: {rfc3339(self.issued_at)}",
        ]
        if self.expiration_time is not None:
            lines.append(f"Expiration Time: {rfc3339(self.expiration_time)}")
        if self.not_before is not None:
            lines.append(f"Not Before: {rfc3339(self.not_before)}")
        if self.request_id is not None:
            lines.append(f"Request ID: {self.request_id}")
        if self.resources is not None:
            lines += ["Resources:", *(f"- {resource}" for resource in self.resources)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce and everything a client needs to build a message around it."""

    domain: str
    uri: str
    chain_ids: tuple[int, ...]
    nonce: str
    statement: str
    issued_at: datetime
    expires_at: datetime

    @property
    def message_template(self) -> str:
        """The message ready to sign, once `{address}` is replaced by the wallet's EIP-55 address.
        It names the first served chain."""
        return self.message(Address("{address}"))

    def message(self, address: Address, chain_id: int | None = None) -> str:
        """The message for one wallet to sign. It names that chain if it is served, where a contract
        is asked whether it has signed, and the first one otherwise."""
        return SiweMessage(
            domain=self.domain,
            address=address,
            statement=self.statement,
            uri=self.uri,
            chain_id=chain_id if chain_id in self.chain_ids else self.chain_ids[0],
            nonce=self.nonce,
            issued_at=self.issued_at,
            expiration_time=self.expires_at,
        ).render()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and its token, which is shown this once and stored only as a hash. Either a wallet
    or an e-mail address signed in."""

    token: str
    account_id: str
    session_id: str
    expires_at: datetime
    wallet: Address | None = None
    email: str | None = None


def check_place(message: SiweMessage, config: SignInConfig) -> None:
    """The message was made for this site and a chain that it serves. Raises `WrongDomain`,
    `WrongScheme`, `WrongUri`, `WrongChain`."""
    if message.domain != config.domain:
        raise WrongDomain(f"sign a message for {config.domain}, not for {message.domain}")
    scheme = urlsplit(config.uri).scheme
    if message.scheme is not None and message.scheme.lower() != scheme:
        raise WrongScheme(f"this site is reached by {scheme}, not by {message.scheme}")
    if message.uri != config.uri:
        raise WrongUri(f"the message must be about {config.uri}")
    if message.chain_id not in config.chain_ids:
        served = ", ".join(str(chain_id) for chain_id in config.chain_ids)
        raise WrongChain(f"switch the wallet to one of these chains: {served}")


def check_times(message: SiweMessage, config: SignInConfig, now: datetime) -> None:
    """The message is fresh and valid at `now`. Raises `IssuedInFuture`, `MessageTooOld`,
    `MessageExpired`, `MessageNotYetValid`."""
    if message.issued_at > now + CLOCK_SKEW:
        raise IssuedInFuture("the message is dated in the future; check the device's clock")
    if message.issued_at < now - timedelta(seconds=config.nonce_seconds):
        raise MessageTooOld("the message is too old; ask for a new nonce and sign again")
    if message.expiration_time is not None and message.expiration_time <= now:
        raise MessageExpired("the message has expired; ask for a new nonce and sign again")
    if message.not_before is not None and message.not_before > now:
        raise MessageNotYetValid("the message is not valid yet; check the device's clock")
