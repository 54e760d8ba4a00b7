"""Pictures of accounts: taken in, shown, deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from souk.core.errors import DomainError
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import (
    CleanedImage,
    ImageRecord,
    MediaType,
    Purpose,
    Refusal,
    Variant,
    parse_cid,
)
from souk.modules.media.errors import (
    ImageInUse,
    ImageRefused,
    ImageTooLarge,
    ImageWrongForm,
    MalwareFound,
    NoFiles,
    TooManyImages,
)
from souk.modules.media.ports import ContentStore, ImageCleaner, MalwareScanner
from souk.modules.media.repository import images

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
        scanner: MalwareScanner | None,
        rules: ImageRules,
    ) -> None:
        self._uow = uow
        self._cleaner = cleaner
        self._content = content
        self._scanner = scanner
        self._rules = rules

    def upload(
        self, principal: Principal, purpose: Purpose, files: Sequence[File], *, alt_text: str = ""
    ) -> Sequence[Outcome]:
        """What comes of each file, in their order. The same bytes for the same purpose are the
        picture that there is. Raises `NoFiles`, `TooManyImages`, `ImageCleanerUnavailable` and
        `ProviderUnavailable`, after which the same upload may be sent again."""
        most = purpose.caps.max_count
        if not 1 <= len(files) <= most:
            raise NoFiles(f"send one file for this purpose, or several, at most {most}")
        return [self._taken(principal.account_id, purpose, file(), alt_text) for file in files]

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

    def _taken(self, account_id: str, purpose: Purpose, content: bytes, alt_text: str) -> Outcome:
        original_hash = sha256(content).hexdigest()
        with self._uow.begin() as tx:
            same = images.find_same(tx, account_id, purpose, original_hash)
            full = images.count(tx, account_id) >= self._rules.most_images
        if same is not None:
            return Outcome(same)
        if full:
            raise TooManyImages(self._rules.most_images)
        cleaned = self._cleaned(purpose, content)
        if not isinstance(cleaned, CleanedImage):
            return Outcome(None, cleaned)
        # First the bytes, so that no row ever tells of what is not there.
        for cid, block in {file.cid: file.content for file in cleaned.files}.items():
            self._content.put(cid, block)
        return Outcome(self._kept(account_id, purpose, cleaned, content, original_hash, alt_text))

    def _cleaned(self, purpose: Purpose, content: bytes) -> CleanedImage | DomainError:
        most = purpose.caps.max_bytes
        if len(content) <= most and self._scanner is not None:
            found = self._scanner.scan(content)
            if not found.is_clean:
                return MalwareFound(found.malware or "")
        cleaned = self._cleaner.clean(content, max_bytes=most)
        if isinstance(cleaned, CleanedImage):
            return cleaned
        return _refused(cleaned, most)

    def _kept(
        self,
        account_id: str,
        purpose: Purpose,
        cleaned: CleanedImage,
        content: bytes,
        original_hash: str,
        alt_text: str,
    ) -> ImageRecord:
        with self._uow.begin() as tx:
            images.lock_account(tx, account_id)
            cid = cleaned.file(Variant.FULL, MediaType.WEBP).cid
            same = images.find_same(tx, account_id, purpose, original_hash, cid)
            if same is not None:
                return same
            if images.count(tx, account_id) >= self._rules.most_images:
                raise TooManyImages(self._rules.most_images)
            image = images.add(
                tx,
                account_id,
                purpose,
                cleaned,
                original_hash=original_hash,
                original_bytes=len(content),
                alt_text=alt_text,
            )
            tx.commit()
        return image


def _refused(refusal: Refusal, most: int) -> DomainError:
    if refusal is Refusal.WRONG_FORM:
        return ImageWrongForm(refusal.sentence, context={"reason": refusal})
    if refusal is Refusal.TOO_MANY_BYTES:
        return ImageTooLarge(refusal.sentence, context={"reason": refusal, "limit": most})
    return ImageRefused(refusal, refusal.sentence)
