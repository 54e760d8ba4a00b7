"""Requests and responses of names."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import Field, model_validator

from souk.core.web import InstantOut, MoneyOut, RequestModel, ResponseModel
from souk.modules.names.domain import (
    AVATAR,
    Availability,
    Evidence,
    Examined,
    NameRecord,
    NameState,
    Proof,
    Suggested,
    Verification,
    Verifying,
)


class BlockOut(ResponseModel):
    """The block as of which something was read."""

    chain_id: int
    number: int
    hash: str
    at: InstantOut

    @classmethod
    def of(cls, block: Evidence) -> Self:
        """As it is stored."""
        return cls(chain_id=block.chain_id, number=block.number, hash=block.hash, at=block.at)


class NameRefusalOut(ResponseModel):
    """Why a text is no name."""

    code: Annotated[str, Field(examples=["conf_mixed"])]
    reason: str
    position: Annotated[int | None, Field(description="Where, in characters from the start.")]


class LookupOut(ResponseModel):
    """A name as it stands on the chain."""

    state: Annotated[
        NameState,
        Field(
            description="`grace_period`: expired, and only its holder can renew it. `wildcard`:"
            " nobody holds it, and a name above it answers for all names below itself."
        ),
    ]
    address: Annotated[str | None, Field(description="The account that the name stands for.")]
    owner: Annotated[str | None, Field(description="Who holds it; the wrapper is seen through.")]
    wrapped: bool
    answered_by: Annotated[
        str | None, Field(description="The name above it whose resolver answers for it.")
    ]
    expires_at: Annotated[
        InstantOut | None, Field(description="When it, or a name above it, expires.")
    ]
    grace_until: InstantOut | None
    off_chain: Annotated[
        bool,
        Field(
            description="It is resolved elsewhere, at gateways that are asked if they are known."
        ),
    ]
    primary_name: Annotated[
        str | None,
        Field(description="What that account calls itself, if this stands for the account."),
    ]
    contenthash: str | None
    avatar_url: Annotated[
        str | None,
        Field(
            description="Where its avatar is shown, if it has any.",
            examples=["/api/ens/avatar/figandolive.eth"],
        ),
    ]
    unverified_texts: Annotated[
        dict[str, str],
        Field(
            description="What the owner says. Nobody has checked any of it.",
            examples=[{"url": "https://fig.example"}],
        ),
    ]
    block: BlockOut

    @classmethod
    def of(cls, record: NameRecord, primary_name: str | None) -> Self:
        """What was read."""
        return cls(
            state=record.state,
            address=record.address,
            owner=record.owner,
            wrapped=record.wrapped,
            answered_by=record.answered_by,
            expires_at=record.expires_at,
            grace_until=record.grace_until,
            off_chain=record.off_chain,
            primary_name=primary_name,
            contenthash=record.contenthash,
            avatar_url=_avatar_url(record),
            unverified_texts=dict(record.texts),
            block=BlockOut.of(record.block),
        )


def _avatar_url(record: NameRecord) -> str | None:
    if AVATAR not in record.texts or not record.is_standing:
        return None
    return f"/api/ens/avatar/{quote(record.name, safe='')}"


class OutageOut(ResponseModel):
    """Why nothing is known of the name at present."""

    code: str
    detail: str
    retryable: bool


class NameWarningOut(ResponseModel):
    """Something to know before trusting the name."""

    code: Annotated[str, Field(examples=["looks_like_seller"])]
    detail: str
    seller_id: str | None


class NameOut(ResponseModel):
    """A text as a name of ENS. `lookup` is missing when it is none, and when the chain cannot be
    asked, which `unavailable` says."""

    asked: str
    valid: bool
    name: Annotated[str | None, Field(description="The normal form of ENSIP-15.")]
    shown: Annotated[str | None, Field(description="How the name is best shown.")]
    refusal: NameRefusalOut | None
    suggestion: Annotated[str | None, Field(description="A name that was probably meant.")]
    lookup: LookupOut | None
    unavailable: OutageOut | None
    warnings: Sequence[NameWarningOut]

    @classmethod
    def of(cls, examined: Examined) -> Self:
        """The whole answer."""
        found, record, outage = examined.normalisation, examined.record, examined.outage
        refusal = found.refusal
        return cls(
            asked=examined.asked,
            valid=found.name is not None,
            name=found.name,
            shown=found.shown,
            refusal=None
            if refusal is None
            else NameRefusalOut(
                code=refusal.code, reason=refusal.reason, position=refusal.position
            ),
            suggestion=found.suggestion,
            lookup=None if record is None else LookupOut.of(record, examined.primary_name),
            unavailable=None
            if outage is None
            else OutageOut(code=outage.code, detail=outage.detail, retryable=outage.retryable),
            warnings=[
                NameWarningOut(code=one.code, detail=one.detail, seller_id=one.like)
                for one in examined.warnings
            ],
        )


class VerifyIn(RequestModel):
    """A name to show at the caller's store, and, where its wallet is new to the account, that
    wallet's signature."""

    ens_name: Annotated[str, Field(min_length=1, max_length=1024, examples=["figandolive.eth"])]
    message: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=8192,
            description="The message that the first answer asked to be signed.",
            examples=[None],
        ),
    ] = None
    signature: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=8192,
            description="Hexadecimal, as `personal_sign` returned it.",
            examples=["0x" + "1b" * 65],
        ),
    ] = None

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.message is None) != (self.signature is None):
            raise ValueError("send message and signature together, or neither")
        return self

    @property
    def proof(self) -> Proof | None:
        """What was signed, if anything was."""
        if self.message is None or self.signature is None:
            return None
        return Proof(self.message, self.signature)


class VerificationOut(ResponseModel):
    """A name that a store has proved."""

    id: Annotated[str, Field(examples=["ens_01h455vb4pex5vsknk084sn02q"])]
    seller_id: str
    owner: str | None
    expires_at: InstantOut | None
    verified_at: InstantOut
    block: Annotated[BlockOut, Field(description="The block in which it was seen to be right.")]

    @classmethod
    def of(cls, verification: Verification) -> Self:
        """As it was kept."""
        return cls(
            id=verification.id,
            seller_id=verification.seller_id,
            owner=verification.owner,
            expires_at=verification.expires_at,
            verified_at=verification.verified_at,
            block=BlockOut.of(verification.block),
        )


class VerifyOut(ResponseModel):
    """The name is shown, or its wallet has to sign `message` first."""

    status: Literal["verified", "signature_required"]
    name: str
    wallet: Annotated[str, Field(description="What the name stands for.")]
    verification: VerificationOut | None
    message: Annotated[
        str | None,
        Field(description="Have the wallet sign it with `personal_sign`, and send both back."),
    ]

    @classmethod
    def of(cls, outcome: Verifying) -> Self:
        """What came of it."""
        kept = outcome.verification
        return cls(
            status="signature_required" if kept is None else "verified",
            name=outcome.name,
            wallet=outcome.wallet,
            verification=None if kept is None else VerificationOut.of(kept),
            message=outcome.message,
        )


class SuggestionOut(ResponseModel):
    """A name that may be had."""

    name: Annotated[str, Field(examples=["figshop.eth"])]
    price_a_year: Annotated[
        MoneyOut | None, Field(description="What the registrar takes, where it says so.")
    ]

    @classmethod
    def of(cls, found: Availability) -> Self:
        """One of them."""
        price = found.price
        return cls(
            name=f"{found.label}.eth",
            price_a_year=None if price is None else MoneyOut.model_validate(price.to_json()),
        )


class SuggestionsOut(ResponseModel):
    """Names near one that was wished for, the best first."""

    base: str
    suggestions: Sequence[SuggestionOut]

    @classmethod
    def of(cls, suggested: Suggested) -> Self:
        """All of them."""
        return cls(
            base=suggested.label,
            suggestions=[SuggestionOut.of(one) for one in suggested.names],
        )
