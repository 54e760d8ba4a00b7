"""What is handed out about an order."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field

from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.evidence.domain import Evidence, OpenEvidence, Reader
from souk.modules.evidence.service import HandedTerms
from souk.modules.media.domain import DocumentKey, MediaType, Variant

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


class EvidenceIn(RequestModel):
    """A picture of the caller's."""

    ipfs_hash: Annotated[
        str,
        Field(
            max_length=100,
            description="Of a picture that was uploaded with the purpose `evidence`.",
            examples=[CID],
        ),
    ]


class EvidenceOut(ResponseModel):
    """A picture that a party has laid down."""

    id: Annotated[str, Field(examples=["evd_01h455vb4pex5vsknk084sn02q"])]
    party: Reader
    account_id: Annotated[str, Field(description="Who has laid it down for that party.")]
    ipfs_hash: Annotated[str, Field(description="As others keep it, sealed.", examples=[CID])]
    says: Annotated[str, Field(description="What it shows, in the words of who uploaded it.")]
    bytes: Annotated[int, Field(description="Of all its files.")]
    attached_at: InstantOut

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The same for everybody who may see it."""
        return cls(
            id=evidence.id,
            party=evidence.party,
            account_id=evidence.account_id,
            ipfs_hash=evidence.ipfs_hash,
            says=evidence.says,
            bytes=evidence.size,
            attached_at=evidence.attached_at,
        )


class EvidenceListOut(ResponseModel):
    """What both parties have laid down, the oldest first."""

    data: list[EvidenceOut]

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> Self:
        """All of it: there is little."""
        return cls(data=[EvidenceOut.of(one) for one in evidence])


class EvidenceFileOut(ResponseModel):
    """One file of the picture: where it is read in clear, and what opens it elsewhere."""

    variant: Variant
    media_type: MediaType
    width: int
    height: int
    bytes: int
    url: str
    sealed: Annotated[SealedOut | None, Field(description="`null` if its key was lost.")]


class ReadingOut(ResponseModel):
    """Who has read it, as whom, when first and last, and how often."""

    account_id: str
    reader: Reader
    first_at: InstantOut
    last_at: InstantOut
    times: int


class OpenEvidenceOut(EvidenceOut):
    """One piece of evidence with its files, and who has read it."""

    files: list[EvidenceFileOut]
    readings: list[ReadingOut]

    @classmethod
    def opened(cls, opened: OpenEvidence) -> Self:
        """For one of the order's parties, or its arbiter."""
        evidence = opened.evidence
        path = f"/api/orders/{evidence.order_id}/evidence/{evidence.id}/files"
        return cls(
            **EvidenceOut.of(evidence).model_dump(),
            files=[
                EvidenceFileOut(
                    variant=one.file.variant,
                    media_type=one.file.media_type,
                    width=one.file.width,
                    height=one.file.height,
                    bytes=one.file.size,
                    url=f"{path}/{one.file.cid}",
                    sealed=SealedOut.of(one.key),
                )
                for one in opened.files
            ],
            readings=[ReadingOut.model_validate(one) for one in opened.readings],
        )


def render_evidence(result: object) -> Mapping[str, object]:
    """An `Evidence` as JSON-ready values."""
    if not isinstance(result, Evidence):
        raise TypeError("only a piece of evidence is rendered here")
    return EvidenceOut.of(result).model_dump(mode="json")
