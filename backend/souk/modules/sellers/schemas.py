"""Requests and responses of sellers."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field

from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.sellers import domain
from souk.modules.sellers.domain import Profile, StoredSeller

_Name = Annotated[
    str,
    Field(min_length=1, max_length=domain.NAME_LENGTH, examples=["Fig & Olive"]),
    AfterValidator(domain.normal_name),
]
_Handle = Annotated[
    str,
    Field(
        max_length=64,
        description="3 to 32 of a-z, 0-9 and single hyphens; stored in lower case, unique.",
        examples=["fig-and-olive"],
    ),
    AfterValidator(domain.normal_handle),
]
_PayoutWallet = Annotated[
    str,
    Field(
        max_length=42,
        description="Where the money goes: a wallet that this account has proved by signature.",
        examples=["0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"],
    ),
    AfterValidator(domain.normal_payout_wallet),
]
_Bio = Annotated[
    str,
    Field(max_length=domain.BIO_LENGTH, examples=["Preserves from our own trees."]),
    AfterValidator(domain.normal_bio),
]
_Location = Annotated[
    str,
    Field(max_length=domain.LOCATION_LENGTH, examples=["Valletta, Malta"]),
    AfterValidator(domain.normal_location),
]
_Website = Annotated[
    str,
    Field(max_length=domain.WEBSITE_LENGTH, examples=["https://fig-and-olive.example"]),
    AfterValidator(domain.normal_website),
]
_Twitter = Annotated[
    str, Field(max_length=16, examples=["figandolive"]), AfterValidator(domain.normal_twitter)
]
_Discord = Annotated[
    str, Field(max_length=33, examples=["fig.olive"]), AfterValidator(domain.normal_discord)
]
_Telegram = Annotated[
    str, Field(max_length=33, examples=["fig_and_olive"]), AfterValidator(domain.normal_telegram)
]


class SellerCreate(RequestModel):
    """A new store."""

    name: _Name
    handle: _Handle
    payout_wallet: _PayoutWallet
    bio: _Bio | None = None
    location: _Location | None = None
    website: _Website | None = None
    twitter: _Twitter | None = None
    discord: _Discord | None = None
    telegram: _Telegram | None = None

    def profile(self) -> Profile:
        """The profile that is asked for."""
        return Profile(**self.model_dump())


class SellerUpdate(RequestModel):
    """New values for some fields; `null` clears an optional one, an absent one stays."""

    name: _Name | None = None
    handle: _Handle | None = None
    payout_wallet: _PayoutWallet | None = None
    bio: _Bio | None = None
    location: _Location | None = None
    website: _Website | None = None
    twitter: _Twitter | None = None
    discord: _Discord | None = None
    telegram: _Telegram | None = None

    def changes(self) -> dict[str, str | None]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class SellerOut(ResponseModel):
    """A store's public profile."""

    id: Annotated[str, Field(examples=["sel_01h455vb4pex5vsknk084sn02q"])]
    handle: str
    name: str
    bio: str | None
    location: str | None
    website: str | None
    twitter: str | None
    discord: str | None
    telegram: str | None
    payout_wallet: str
    ens_name: Annotated[
        str | None,
        Field(description="A name of ENS that the store has proved and that holds at present."),
    ]
    status: str
    version: Annotated[int, Field(description="Send it as If-Match when editing.")]
    created_at: InstantOut
    updated_at: InstantOut

    @classmethod
    def of(cls, seller: StoredSeller) -> Self:
        """The same document that reading the profile answers with."""
        profile = seller.profile
        return cls(
            id=seller.id,
            handle=profile.handle,
            name=profile.name,
            bio=profile.bio,
            location=profile.location,
            website=profile.website,
            twitter=profile.twitter,
            discord=profile.discord,
            telegram=profile.telegram,
            payout_wallet=profile.payout_wallet,
            ens_name=seller.ens_name,
            status=seller.status,
            version=seller.version,
            created_at=seller.created_at,
            updated_at=seller.updated_at,
        )
