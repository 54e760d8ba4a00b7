"""`souk media`: how pictures stand, have them mended, take them elsewhere."""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from souk.bootstrap import build
from souk.bootstrap.container import Container
from souk.core.clock import rfc3339
from souk.core.errors import DomainError
from souk.core.unit_of_work import UnitOfWork
from souk.entrypoints.failures import CommandFailed
from souk.entrypoints.picture_folder import PictureFolder, Written
from souk.modules.catalog.service import Catalog
from souk.modules.media.domain import Found, ImageRecord, Looked, Standing
from souk.modules.media.service import Exports, Overview, Repair
from souk.modules.sellers.service import Sellers
from souk.settings import Settings

_TOLD_SECONDS = 2.0
_NAMED_AT_MOST = 20
_STOPPED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="status|repair|export")
    acts.add_parser("status", help="say how pictures and pins stand", allow_abbrev=False)
    acts.add_parser(
        "repair",
        help="look at every block, here and at each target, and mend what is missing or wrong",
        allow_abbrev=False,
    )
    export = acts.add_parser("export", help="write pictures to a folder", allow_abbrev=False)
    export.add_argument("folder", type=Path)
    export.add_argument("--store", metavar="ID", help="only those of this store")


def run(arguments: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is missing or wrong, 130 when it was stopped: what was
    done until then stays done, and the same command goes on."""
    container = build(Settings.from_environment())
    try:
        match arguments.act:
            case "status":
                return _status(container.get(Overview))
            case "repair":
                return _repair(container.get(Repair))
            case _:
                return _export(container, arguments.folder, arguments.store)
    except DomainError as refusal:
        raise CommandFailed(refusal.detail, 2) from refusal
    except KeyboardInterrupt:
        print("stopped; run it again to go on")
        return _STOPPED
    finally:
        container.close()


def _status(overview: Overview) -> int:
    standing = overview.look()
    print("\n".join(told(standing)))
    return 1 if standing.liars or any(pins.failing for pins in standing.pins) else 0


def told(standing: Standing) -> list[str]:
    """One line for each number that somebody may look for."""
    images = standing.images
    lines = [
        f"pictures     {images.shown} that can be shown, {images.deleted} deleted,"
        f" {images.sold} deleted but sold, {images.collected} gone",
        f"blocks       {standing.blocks} held, {standing.size} bytes;"
        f" {standing.leaving} still to be taken away",
    ]
    for pins in standing.pins:
        oldest = "" if pins.oldest is None else f", the oldest since {rfc3339(pins.oldest)}"
        lines.append(
            f"pins         {pins.target}: {pins.kept} kept, {pins.waiting} waiting,"
            f" {pins.failing} failing{oldest}"
        )
    return [*lines, f"quarantined  {', '.join(standing.liars) or 'nobody'}"]


def _repair(repair: Repair) -> int:
    tally = Tally(repair.count())
    try:
        progress = Progress()
        for looked in repair.mend():
            tally.add(looked)
            progress.tell(tally)
    finally:
        print("\n".join(tally.told()))
    return 0 if tally.is_well else 1


class Tally:
    """What a repair has found so far, by place."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._looked = 0
        self._found: dict[str, Counter[Found]] = {"here": Counter()}
        self._lost: list[str] = []

    def __str__(self) -> str:
        return f"{self._looked} of {self._total} blocks"

    @property
    def is_well(self) -> bool:
        """Whether everything is where it should be by now."""
        well = {Found.WHOLE, Found.MENDED}
        return all(counts.keys() <= well for counts in self._found.values())

    def add(self, looked: Looked) -> None:
        """One block more."""
        self._looked += 1
        for place, found in {"here": looked.own, **looked.targets}.items():
            self._found.setdefault(place, Counter())[found] += 1
        if looked.own is Found.LOST:
            self._lost.append(looked.cid)

    def told(self) -> Iterator[str]:
        """A line for each place, and what is lost."""
        yield f"looked at {self}"
        for place, counts in self._found.items():
            yield f"{place}: " + ", ".join(f"{counts[found]} {found}" for found in Found)
        for cid in self._lost[:_NAMED_AT_MOST]:
            yield f"nobody has {cid}"
        if len(self._lost) > _NAMED_AT_MOST:
            yield f"nobody has {len(self._lost) - _NAMED_AT_MOST} more"


class Progress:
    """Says every few seconds how far it is."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told_at = monotonic()

    def tell(self, how_far: object) -> None:
        """Print it, unless something was just printed."""
        now = self._monotonic()
        if now - self._told_at >= _TOLD_SECONDS:
            self._told_at = now
            print(how_far, flush=True)


def _export(container: Container, folder: Path, store: str | None) -> int:
    exports = container.get(Exports)
    images = exports.list_images() if store is None else _of_store(container, exports, store)
    written, progress = Written(), Progress()
    try:
        for written in PictureFolder(folder, exports.read).write(images):
            progress.tell(f"{written.images} pictures")
    except OSError as error:
        raise CommandFailed(f"{folder} cannot be written: {error.strerror}", 2) from error
    print("\n".join(_exported(written, folder)))
    return 1 if written.missing else 0


def _exported(written: Written, folder: Path) -> Sequence[str]:
    lines = [f"{written.images} pictures, {written.files} files in {folder}"]
    lines += [f"not to be had: {cid}" for cid in written.missing[:_NAMED_AT_MOST]]
    if len(written.missing) > _NAMED_AT_MOST:
        lines.append(f"not to be had: {len(written.missing) - _NAMED_AT_MOST} more")
    return lines


def _of_store(container: Container, exports: Exports, store: str) -> Iterator[ImageRecord]:
    with container.get(UnitOfWork).begin() as tx:
        seller = container.get(Sellers).get(tx, store)
    shown_by = [seller.id, *container.get(Catalog).list_ids(seller.id)]
    return exports.list_images(account_id=seller.account_id, subject_ids=shown_by)
