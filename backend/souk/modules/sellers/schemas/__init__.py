"""Requests and responses of sellers."""

from dataclasses import asdict
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from souk.core.addresses import Address
from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.sellers.domain import Profile, SellerStatus, StoredSeller, Verification, fields
from souk.modules.sellers.domain.fields import Value

_Name = Annotated[
    str,
    Field(min_length=1, max_length=fields.NAME_LENGTH, examples=["Fig & Olive"]),
    AfterValidator(fields.normal_name),
]
_Handle = Annotated[
    str,
    Field(
        max_length=64,
        description="3 to 32 of a-z, 0-9 and single hyphens; stored in lower case, unique.",
        examples=["fig-and-olive"],
    ),
    AfterValidator(fields.normal_handle),
]
_PayoutWallet = Annotated[
    str,
    Field(
        max_length=42,
        description="Where the money goes: a wallet that this account has proved by signature.",
        examples=["0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"],
    ),
    AfterValidator(fields.normal_payout_wallet),
]
_PayoutWallets = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")],
        Annotated[str, Field(max_length=42), AfterValidator(fields.normal_payout_wallet)],
    ],
    Field(
        max_length=32,
        description="Where the money goes of what is paid on single chains, by chain id, in the"
        " place of `payout_wallet`: wallets that this account has proved, a contract on that very"
        " chain. All there are from now on; those that are not named go back to `payout_wallet`.",
        examples=[{"8453": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"}],
    ),
]
_Bio = Annotated[
    str,
    Field(max_length=fields.BIO_LENGTH, examples=["Preserves from our own trees."]),
    AfterValidator(fields.normal_bio),
]
_Location = Annotated[
    str,
    Field(max_length=fields.LOCATION_LENGTH, examples=["Valletta, Malta"]),
    AfterValidator(fields.normal_location),
]
_Website = Annotated[
    str,
    Field(max_length=fields.WEBSITE_LENGTH, examples=["https://fig-and-olive.example"]),
    AfterValidator(fields.normal_website),
]
_Twitter = Annotated[
    str, Field(max_length=16, examples=["figandolive"]), AfterValidator(fields.normal_twitter)
]
_Discord = Annotated[
    str, Field(max_length=33, examples=["fig.olive"]), AfterValidator(fields.normal_discord)
]
_Telegram = Annotated[
    str, Field(max_length=33, examples=["fig_and_olive"]), AfterValidator(fields.normal_telegram)
]
_ShippingPolicy = Annotated[
    str,
    Field(max_length=fields.POLICY_LENGTH, examples=["Sent on Mondays, with a number to follow."]),
    AfterValidator(fields.normal_shipping_policy),
]
_ReturnsPolicy = Annotated[
    str,
    Field(max_length=fields.POLICY_LENGTH, examples=["Unopened jars within 30 days."]),
    AfterValidator(fields.normal_returns_policy),
]
_ShipsFrom = Annotated[
    str,
    Field(
        max_length=32,
        description="The country that goods are sent from: two letters of ISO 3166-1.",
        examples=["MT"],
    ),
    AfterValidator(fields.normal_ships_from),
]
_ShipsFromPlace = Annotated[
    str,
    Field(
        max_length=fields.LOCATION_LENGTH,
        description="The town or region that goods are sent from.",
        examples=["Valletta"],
    ),
    AfterValidator(fields.normal_ships_from_place),
]
_OnHoliday = Annotated[
    bool,
    Field(
        description="A store on holiday says so and takes no new orders; those it has go on.",
        examples=[False],
    ),
]
_HolidayNote = Annotated[
    str,
    Field(max_length=fields.HOLIDAY_NOTE_LENGTH, examples=["Back on the 3rd of January."]),
    AfterValidator(fields.normal_holiday_note),
]

_ProfileImage = Annotated[
    str,
    Field(
        max_length=59,
        description="The `ipfs_hash` of a picture of yours that was uploaded as `profile`.",
        examples=["bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"],
    ),
    AfterValidator(fields.normal_profile_image),
]
_CoverImage = Annotated[
    str,
    Field(
        max_length=59,
        description="The `ipfs_hash` of a picture of yours that was uploaded as `cover`.",
        examples=["bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"],
    ),
    AfterValidator(fields.normal_cover_image),
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
    shipping_policy: _ShippingPolicy | None = None
    returns_policy: _ReturnsPolicy | None = None
    ships_from: _ShipsFrom | None = None
    ships_from_place: _ShipsFromPlace | None = None
    on_holiday: _OnHoliday = False
    holiday_note: _HolidayNote | None = None

    def profile(self) -> Profile:
        """The profile that is asked for."""
        return Profile(**self.model_dump())


class SellerUpdate(RequestModel):
    """New values for some fields; `null` clears an optional one, an absent one stays."""

    name: _Name | None = None
    handle: _Handle | None = None
    payout_wallet: _PayoutWallet | None = None
    payout_wallets: _PayoutWallets | None = None
    bio: _Bio | None = None
    location: _Location | None = None
    website: _Website | None = None
    twitter: _Twitter | None = None
    discord: _Discord | None = None
    telegram: _Telegram | None = None
    shipping_policy: _ShippingPolicy | None = None
    returns_policy: _ReturnsPolicy | None = None
    ships_from: _ShipsFrom | None = None
    ships_from_place: _ShipsFromPlace | None = None
    on_holiday: _OnHoliday | None = None
    holiday_note: _HolidayNote | None = None
    profile_image: _ProfileImage | None = None
    cover_image: _CoverImage | None = None

    def changes(self) -> dict[str, Value]:
        """The fields of the profile that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"payout_wallets"})

    def wallets(self) -> dict[int, Address] | None:
        """What single chains have of their own from now on; `None` when that was not sent."""
        if "payout_wallets" not in self.model_fields_set:
            return None
        sent = self.payout_wallets or {}
        return {int(chain_id): Address(wallet) for chain_id, wallet in sent.items()}


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
    shipping_policy: str | None
    returns_policy: str | None
    ships_from: str | None
    ships_from_place: str | None
    on_holiday: bool
    holiday_note: str | None
    profile_image: Annotated[
        str | None,
        Field(
            description="A picture: its files and their addresses are at `GET /api/images/{it}`."
            " `null`: show one that stands for none."
        ),
    ]
    cover_image: Annotated[str | None, Field(description="The same, for the page's head.")]
    payout_wallet: str
    payout_wallets: Annotated[
        dict[str, str],
        Field(description="By chain id: where something else is paid to than `payout_wallet`."),
    ]
    ens_name: Annotated[
        str | None,
        Field(description="A name of ENS that the store has proved and that holds at present."),
    ]
    status: SellerStatus
    verified: Annotated[bool, Field(description="Whether staff have seen who sells.")]
    version: Annotated[int, Field(description="Send it as If-Match when editing.")]
    created_at: InstantOut
    updated_at: InstantOut

    @classmethod
    def of(cls, seller: StoredSeller) -> Self:
        """The same document that reading the profile answers with."""
        return cls(
            id=seller.id,
            **asdict(seller.profile),
            payout_wallets={str(chain_id): each for chain_id, each in seller.wallets.items()},
            ens_name=seller.ens_name,
            status=seller.status,
            verified=seller.verification is Verification.VERIFIED,
            version=seller.version,
            created_at=seller.created_at,
            updated_at=seller.updated_at,
        )


FrozenUntil = Annotated[
    InstantOut | None,
    Field(
        description="Until then the payout wallet cannot be changed, because the store has lost a"
        " name. `null`, or an instant that is over, when it can."
    ),
]


class OwnSellerOut(SellerOut):
    """A store's profile, and what only its owner is shown of it."""

    payout_frozen_until: FrozenUntil = None
