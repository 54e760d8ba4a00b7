"""What is handed out about an order."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from souk.core.web import ResponseModel
from souk.modules.evidence.service import HandedTerms
from souk.modules.media.domain import DocumentKey

CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"


class SealedOut(ResponseModel):
    """What opens a copy that others keep. The block of this CID is one byte 01, a nonce of 24
    bytes, a tag of 16, and the ciphertext of XChaCha20-Poly1305, whose associated data are the byte
    01 and the word `document`."""

    cid: Annotated[str, Field(examples=[CID])]
    key: Annotated[str, Field(description="32 bytes.", examples=["0x" + "ab" * 32])]

    @classmethod
    def of(cls, key: DocumentKey | None) -> Self | None:
        """Nothing while there is no copy, or when its key was lost."""
        return None if key is None else cls(cid=key.cid, key=key.text)


class SealedTermsOut(ResponseModel):
    """The clear terms of one leg, whose SHA-256 is `ref`, and what opens their copy."""

    leg_id: str
    ref: str
    document: str
    sealed: Annotated[
        SealedOut | None,
        Field(description="`null` for the seconds until there is a copy, or if its key was lost."),
    ]


class SealedTermsListOut(ResponseModel):
    """The terms of every attempt to pay an order."""

    data: list[SealedTermsOut]

    @classmethod
    def of(cls, handed: Sequence[HandedTerms]) -> Self:
        """For one of the order's parties, or its arbiter."""
        return cls(
            data=[
                SealedTermsOut(
                    leg_id=one.terms.leg_id,
                    ref=one.terms.ref,
                    document=one.terms.body,
                    sealed=SealedOut.of(one.key),
                )
                for one in handed
            ]
        )
