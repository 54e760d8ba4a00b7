"""Pictures that parties lay down about an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.evidence import repository as rows
from souk.modules.evidence.domain import Evidence, EvidenceRules, OpenEvidence, OpenFile, Reader
from souk.modules.evidence.errors import EvidenceNotFound, EvidenceNotYet
from souk.modules.evidence.service.readers import Readers
from souk.modules.media.domain import (
    Cid,
    ImageRecord,
    KeptDocument,
    Shown,
    StoredFile,
    UseKind,
    parse_cid,
)
from souk.modules.media.service import Sealing, find_sealed, get_shown, show_images
from souk.modules.sellers.domain import team


@dataclass(frozen=True, slots=True)
class ClearFile:
    """A file of a picture, and its bytes."""

    file: StoredFile
    content: bytes


class Pictures:
    """Evidence is laid down by a party, never taken back, and read by both parties and the arbiter;
    each reading is noted before anything is shown."""

    def __init__(
        self, uow: UnitOfWork, readers: Readers, sealing: Sealing, rules: EvidenceRules
    ) -> None:
        self._uow = uow
        self._rules = rules
        self._readers = readers
        self._sealing = sealing

    def attach(
        self, caller: Principal, order_id: str, ipfs_hash: str, receipt: Receipt = NO_RECEIPT
    ) -> Evidence:
        """Lay down a picture that the caller has uploaded as evidence. Once more changes nothing.
        Raises `OrderHidden`, `OrderNotFound`, `RoleTooSmall`, `EvidenceNotYet`, `ImageNotYours`,
        `MalformedCid`, `TooMuchEvidence`."""
        cid = parse_cid(ipfs_hash)
        with self._uow.begin() as tx:
            parties = self._readers.parties
            # Under the order's lock, so that no two count what there is at once.
            _, actor = parties.of(tx, caller, order_id, team.Permission.FULFIL)
            if not parties.orders.was_paid(tx, order_id):
                raise EvidenceNotYet
            evidence = self._attached(tx, caller, order_id, Reader(actor), cid)
            receipt.store(tx, evidence)
            tx.commit()
        return evidence

    def _attached(
        self, tx: Transaction, caller: Principal, order_id: str, party: Reader, cid: Cid
    ) -> Evidence:
        known = rows.list_of_order(tx, order_id)
        for one in known:
            if (one.ipfs_hash, one.account_id) == (cid, caller.account_id):
                return one
        evidence_id = tx.new_id("evd")
        show_images(tx, caller.account_id, UseKind.EVIDENCE, evidence_id, [Shown(cid)])
        image = get_shown(tx, UseKind.EVIDENCE, evidence_id)
        size = sum({file.cid: file.size for file in image.files}.values())
        self._rules.require_room([one.size for one in known if one.party is party], size)
        evidence = Evidence(
            id=evidence_id,
            order_id=order_id,
            party=party,
            account_id=caller.account_id,
            ipfs_hash=cid,
            says=image.alt_text,
            size=size,
            attached_at=tx.now,
        )
        rows.add(tx, evidence)
        return evidence

    def list_evidence(self, caller: Principal, order_id: str) -> Sequence[Evidence]:
        """What both parties have laid down, the oldest first, without what opens it. Raises
        `OrderHidden`, `OrderNotFound`."""
        with self._uow.begin() as tx:
            self._readers.of(tx, caller, order_id)
            return rows.list_of_order(tx, order_id)

    def open(self, caller: Principal, order_id: str, evidence_id: str) -> OpenEvidence:
        """One piece, what opens its files where others keep them, and who has read it. Raises
        `OrderHidden`, `OrderNotFound`, `EvidenceNotFound`."""
        with self._uow.begin() as tx:
            evidence, image = self._noted(tx, caller, order_id, evidence_id)
            kept = find_sealed(tx, {file.cid for file in image.files})
            readings = rows.list_readings(tx, evidence.id)
            tx.commit()
        files = [OpenFile(file, self._sealing.find_key(kept[file.cid])) for file in image.files]
        return OpenEvidence(evidence, files, readings)

    def read(self, caller: Principal, order_id: str, evidence_id: str, cid: str) -> ClearFile:
        """One file in clear. Raises `OrderHidden`, `OrderNotFound`, `EvidenceNotFound`, and what
        `Sealing.read` raises."""
        with self._uow.begin() as tx:
            _, image = self._noted(tx, caller, order_id, evidence_id)
            file, kept = self._kept(tx, image, parse_cid(cid))
            tx.commit()
        return ClearFile(file, self._sealing.read(kept))

    def _noted(
        self, tx: Transaction, caller: Principal, order_id: str, evidence_id: str
    ) -> tuple[Evidence, ImageRecord]:
        reader = self._readers.of(tx, caller, order_id)
        evidence = rows.find(tx, order_id, evidence_id)
        if evidence is None:
            raise EvidenceNotFound
        rows.note_reading(tx, evidence.id, caller.account_id, reader)
        return evidence, get_shown(tx, UseKind.EVIDENCE, evidence.id)

    @staticmethod
    def _kept(tx: Transaction, image: ImageRecord, cid: Cid) -> tuple[StoredFile, KeptDocument]:
        for file in image.files:
            if file.cid == cid:
                return file, find_sealed(tx, [cid])[cid]
        raise EvidenceNotFound
