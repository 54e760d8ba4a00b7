"""Requests and responses of signing in."""

from typing import Annotated

from pydantic import Field

from souk.core.web import InstantOut, RequestModel, ResponseModel

_MESSAGE = (
    "souk.example wants you to sign in with your Ethereum account:\n"
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\n"
    "Sign in to Souk. This costs nothing and moves no money.\n\n"
    "URI: https://souk.example\nVersion: 1\nChain ID: 1\nNonce: 7d1b0c9e5a3f42688c1e0d9b7a5f3e21\n"
    "Issued At: 2026-01-31T12:00:00.000Z\nExpiration Time: 2026-01-31T12:10:00.000Z"
)


_Wallet = Annotated[str | None, Field(description="The wallet that signed in, if one did.")]
_Email = Annotated[str | None, Field(description="The address that signed in, if one did.")]


class ChallengeOut(ResponseModel):
    """A nonce and what the message around it must say."""

    domain: Annotated[str, Field(examples=["souk.example"])]
    uri: Annotated[str, Field(examples=["https://souk.example"])]
    chain_ids: Annotated[tuple[int, ...], Field(examples=[[1, 8453]])]
    nonce: Annotated[str, Field(examples=["7d1b0c9e5a3f42688c1e0d9b7a5f3e21"])]
    statement: str
    issued_at: InstantOut
    expires_at: InstantOut
    message_template: Annotated[
        str,
        Field(
            description="Replace `{address}` by the wallet's EIP-55 address and have it signed"
            " with `personal_sign`."
        ),
    ]


class SignedMessageIn(RequestModel):
    """An EIP-4361 message and the wallet's signature over it."""

    message: Annotated[str, Field(min_length=1, max_length=8192, examples=[_MESSAGE])]
    signature: Annotated[
        str,
        Field(
            min_length=1,
            max_length=8192,
            description="Hexadecimal, as `personal_sign` returned it.",
            examples=["0x" + "1b" * 65],
        ),
    ]


class SignedInOut(ResponseModel):
    """A session. The token is shown this once; send it as `Authorization: Bearer`."""

    token: str
    account_id: str
    session_id: str
    wallet: _Wallet
    email: _Email
    expires_at: InstantOut


class WalletOut(ResponseModel):
    """A wallet that signs in to the caller's account from now on."""

    account_id: str
    address: str


class ProvedWalletOut(ResponseModel):
    """One wallet of an account."""

    address: str
    proved_at: InstantOut


class SessionOut(ResponseModel):
    """The caller's session."""

    session_id: str
    account_id: str
    roles: list[str]
    wallet: _Wallet
    email: _Email
    wallets: list[ProvedWalletOut]
    step_up_at: Annotated[
        InstantOut | None,
        Field(
            description="When this client last proved who it is; `null` once that proof is used up."
        ),
    ]
    created_at: InstantOut
    expires_at: InstantOut


class SessionEntry(ResponseModel):
    """One session of an account. `current` is the one that asks."""

    session_id: str
    current: bool
    wallet: _Wallet
    email: _Email
    created_at: InstantOut
    expires_at: InstantOut


class SessionList(ResponseModel):
    """The sessions that live, the newest first."""

    data: list[SessionEntry]
