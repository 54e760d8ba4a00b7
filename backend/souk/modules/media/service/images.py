"""Pictures of accounts: taken in, shown, deleted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from souk.core.errors import DomainError
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import (
    Back,
    Cid,
    CleanedImage,
    ImageRecord,
    MediaType,
    Original,
    Purpose,
    Refusal,
    SealedDocument,
    Variant,
    parse_cid,
)
from souk.modules.media.errors import (
    ImageInUse,
    ImageLeaving,
    ImageRefused,
    ImageTooLarge,
    ImageWrongForm,
    MalwareFound,
    NoFiles,
    TooManyImages,
)
from souk.modules.media.ports import ContentStore, ImageCleaner, MalwareScanner
from souk.modules.media.repository import images, leaving
from souk.modules.media.service.sealing import Sealing

# A second time is needed when a picture of the same was deleted long ago.
_ATTEMPTS = 3

File = Callable[[], bytes]
"""Gives the bytes of one file of an upload: no two of them are in memory at once."""


@dataclass(frozen=True, slots=True)
class ImageRules:
    """How many pictures an account may have."""

    most_images: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file: a picture, or why it is none."""

    image: ImageRecord | None
    refusal: DomainError | None = None


class Images:
    """Takes pictures in, and shows them. Originals are looked at and forgotten."""

    def __init__(
        self,
        uow: UnitOfWork,
        cleaner: ImageCleaner,
        content: ContentStore,
        sealing: Sealing,
        scanner: MalwareScanner | None,
        rules: ImageRules,
    ) -> None:
        self._uow = uow
        self._sealing = sealing
        self._cleaner = cleaner
        self._content = content
        self._scanner = scanner
        self._rules = rules

    def upload(
        self, principal: Principal, purpose: Purpose, files: Sequence[File], *, alt_text: str = ""
    ) -> Iterator[Outcome]:
        """What comes of each file, in their order, as soon as it is known; a picture that has been
        told of stays, whatever comes after it. The same bytes for the same purpose are the picture
        that there is, so that all may be sent again. Raises `NoFiles`."""
        most = purpose.caps.max_count
        if not 1 <= len(files) <= most:
            raise NoFiles(f"send one file for this purpose, or several, at most {most}")
        arrival = _Arrival(principal.account_id, purpose, alt_text)
        return (self._outcome(file, arrival) for file in files)

    def show(self, principal: Principal | None, ipfs_hash: str) -> ImageRecord:
        """A picture by the CID of any of its files. Raises `ImageNotFound`, `MalformedCid`."""
        account_id = None if principal is None else principal.account_id
        with self._uow.begin() as tx:
            return images.get(tx, parse_cid(ipfs_hash), account_id=account_id)

    def remove(self, principal: Principal, ipfs_hash: str) -> None:
        """Delete the caller's picture. Raises `ImageNotFound`, `ImageInUse`, `MalformedCid`."""
        with self._uow.begin() as tx:
            rows = images.lock_own(tx, parse_cid(ipfs_hash), principal.account_id)
            uses = images.list_uses(tx, [row.id for row in rows])
            if uses:
                raise ImageInUse([f"{use.kind} {use.subject_id}" for use in uses])
            for row in rows:
                images.remove(tx, row)
            tx.commit()

    def _outcome(self, file: File, arrival: "_Arrival") -> Outcome:
        """What is wrong with one file, or while it is looked at, is nothing against the others."""
        try:
            return Outcome(self._taken(file(), arrival))
        except DomainError as refusal:
            return Outcome(None, refusal)

    def _taken(self, content: bytes, arrival: "_Arrival") -> ImageRecord:
        original_hash = sha256(content).hexdigest()
        with self._uow.begin() as tx:
            same = images.find_same(tx, arrival.account_id, arrival.purpose, original_hash)
            full = images.count(tx, arrival.account_id) >= self._rules.most_images
        if same is not None and self._is_whole(same):
            return same
        if same is None and full:
            raise TooManyImages(self._rules.most_images)
        ready = self._ready(arrival, self._cleaned(arrival.purpose, content))
        original = Original(original_hash, len(content))
        for _ in range(_ATTEMPTS):
            # First the bytes, so that no row ever tells of what is not there.
            for cid, block in ready.blocks.items():
                self._content.put(cid, block)
            kept = self._kept(arrival, ready, original)
            if kept is not None:
                self._settle(kept, ready)
                return kept
        raise ImageLeaving

    def _ready(self, arrival: "_Arrival", cleaned: CleanedImage) -> "_Ready":
        if not arrival.purpose.is_sealed:
            return _Ready(cleaned, cleaned.blocks)
        sealed = {
            cid: self._sealing.seal(arrival.account_id, block)
            for cid, block in cleaned.blocks.items()
        }
        files = [replace(file, cid=sealed[file.cid].cid) for file in cleaned.files]
        blocks = {one.cid: one.block for one in sealed.values()}
        return _Ready(replace(cleaned, files=files), blocks, tuple(sealed.values()))

    def _is_whole(self, image: ImageRecord) -> bool:
        """Whether its bytes are here, or it is sealed: then nobody can make the same again."""
        files = {file.cid for file in image.files}
        return image.purpose.is_sealed or not any(map(self._is_missing, files))

    def _is_missing(self, cid: Cid) -> bool:
        return self._content.find_size(cid) is None

    def _settle(self, kept: ImageRecord, ready: "_Ready") -> None:
        """What was lost since it was stored is stored again: nobody takes it away any more. When
        the same picture has come in meanwhile, it is sealed under other keys."""
        if kept.cid != ready.cid:
            for document in ready.sealed:
                self._sealing.discard(document)
            return
        for cid in filter(self._is_missing, ready.blocks):
            self._content.put(cid, ready.blocks[cid])

    def _cleaned(self, purpose: Purpose, content: bytes) -> CleanedImage:
        most = purpose.caps.max_bytes
        if len(content) <= most and self._scanner is not None:
            found = self._scanner.scan(content)
            if not found.is_clean:
                raise MalwareFound(found.malware or "")
        cleaned = self._cleaner.clean(content, max_bytes=most)
        if isinstance(cleaned, CleanedImage):
            return cleaned
        raise _refused(cleaned, most)

    def _kept(self, arrival: "_Arrival", ready: "_Ready", original: Original) -> ImageRecord | None:
        """The picture; none when its bytes may have been taken away since they were stored, which
        does not happen from here on."""
        account_id, purpose = arrival.account_id, arrival.purpose
        with self._uow.begin() as tx:
            images.lock_account(tx, account_id)
            same = images.find_same(tx, account_id, purpose, original.hash, ready.cid)
            if same is not None:
                return same
            if images.count(tx, account_id) >= self._rules.most_images:
                raise TooManyImages(self._rules.most_images)
            leaving.wait_for_decisions(tx)
            back, image = leaving.get_back(tx, ready.blocks), None
            if back is Back.FREE:
                said = arrival.alt_text
                image = images.add(tx, account_id, purpose, ready.image, original, alt_text=said)
                if ready.sealed:
                    self._sealing.keep(tx, account_id, ready.sealed)
                else:
                    self._sealing.want(tx, ready.blocks)
            tx.commit()
        if back is Back.LATER:
            raise ImageLeaving
        return image


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Who sends files, what for, and what they show."""

    account_id: str
    purpose: Purpose
    alt_text: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A picture as it is to be kept, and its bytes by the CIDs that they have there."""

    image: CleanedImage
    blocks: Mapping[Cid, bytes]
    sealed: Sequence[SealedDocument] = ()

    @property
    def cid(self) -> Cid:
        """By which the picture is called."""
        return self.image.file(Variant.FULL, MediaType.WEBP).cid


def _refused(refusal: Refusal, most: int) -> DomainError:
    if refusal is Refusal.WRONG_FORM:
        return ImageWrongForm(refusal.sentence, context={"reason": refusal})
    if refusal is Refusal.TOO_MANY_BYTES:
        return ImageTooLarge(refusal.sentence, context={"reason": refusal, "limit": most})
    return ImageRefused(refusal, refusal.sentence)
