"""Where bytes are kept, who keeps them for us, and who looks at them first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from souk.adapters.clamav.clamd import ClamdAddress, ClamdScanner
from souk.adapters.content.disk import DiskContentStore
from souk.adapters.content.s3 import Bucket, S3ContentStore
from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.adapters.exchange.server import Server
from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.adapters.ipfs.gateways import GatewayBlockSource
from souk.adapters.ipfs.ipfs_http_client import IpfsHttpClientRpc
from souk.adapters.ipfs.kubo import KuboPinStore, KuboRpc, Rpc
from souk.adapters.ipfs.pinning_service import RemotePinStore
from souk.bootstrap.container import Services
from souk.core.clock import Clock
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import FileAddresses
from souk.modules.media.ports import BlockSource, ContentStore, PinStore
from souk.modules.media.service import (
    Blocks,
    Collection,
    CollectionRules,
    Exports,
    Liars,
    Overview,
    Pins,
    Repair,
    Sealing,
)
from souk.settings import Settings
from souk.settings.media import ContentSettings, ImageSettings, IpfsSettings, ScannerSettings

_GATEWAY_SECONDS = 10.0
_SCANNER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Where bytes lie, and who keeps them for us."""

    content: ContentStore
    targets: Sequence[PinStore]


def media(
    settings: Settings, uow: UnitOfWork, wall: Clock, document_keys: Sequence[bytes]
) -> Services:
    """What pictures and documents need in every process."""
    state = settings.paths.state_dir
    content = content_store(settings.content, state)
    liars = Liars(uow)
    source = block_source(settings.ipfs, wall, liars.note)
    targets = pin_stores(settings.ipfs, state, source)
    blocks = Blocks(uow, content, targets, source if settings.ipfs.ipfs_gateways else None, liars)
    pins = Pins(uow, blocks, targets, liars)
    rules = CollectionRules(timedelta(days=settings.images.image_grace_days))
    return Services(
        {
            Kept: Kept(content, targets),
            Pins: pins,
            Collection: Collection(uow, content, targets, rules),
            Overview: Overview(uow),
            Repair: Repair(uow, blocks, pins, liars),
            Exports: Exports(uow, blocks),
            FileAddresses: file_addresses(settings.images, wall),
            Sealing: Sealing(
                XChaChaDocumentSealer(*document_keys), content, [one.target for one in targets]
            ),
        }
    )


def content_store(content: ContentSettings, state_dir: Path) -> ContentStore:
    """The bucket if one is named, else a directory."""
    if not content.s3_bucket:
        return DiskContentStore(state_dir / "content")
    return S3ContentStore(_bucket(content))


def pin_stores(ipfs: IpfsSettings, state_dir: Path, source: BlockSource) -> Sequence[PinStore]:
    """Every target that is named; without any, a directory. Each is called as its server is."""
    found: list[PinStore] = []
    if ipfs.kubo_rpc_url is not None:
        found.append(KuboPinStore(_rpc(ipfs, ipfs.kubo_rpc_url)))
    if ipfs.pinning_service_url is not None:
        token = ipfs.pinning_service_token
        headers = {} if token is None else {"Authorization": f"Bearer {_said(token)}"}
        server = Server(_said(ipfs.pinning_service_url), "pinning-service", headers=headers)
        origins = ipfs.pinning_service_origins
        found.append(RemotePinStore(server, source, origins=origins))
    return found or [DirectoryPinStore(state_dir / "blocks")]


def block_source(
    ipfs: IpfsSettings, wall: Clock, on_lie: Callable[[str], object] = lambda _name: None
) -> BlockSource:
    """The gateways, in the order in which they are named."""
    gateways = [
        Server(url, f"gateway {number}", _GATEWAY_SECONDS)
        for number, url in enumerate(ipfs.ipfs_gateways, 1)
    ]
    return GatewayBlockSource(gateways, wall, on_lie=on_lie)


def file_addresses(images: ImageSettings, wall: Clock) -> FileAddresses:
    """Where files are fetched from, and how that is signed."""
    return FileAddresses(
        wall,
        base_url=images.cdn_base_url or "",
        secret=_said(images.image_url_secret),
        seconds=images.image_url_seconds,
    )


def malware_scanner(scanner: ScannerSettings, *, max_bytes: int) -> ClamdScanner | None:
    """`None` when there is none to ask."""
    url = scanner.clamav_url
    return None if url is None else ClamdScanner(ClamdAddress.parse(url), max_bytes=max_bytes)


def say_scanner(scanner: ClamdScanner | None) -> str:
    """Whether files are looked at for malware. Raises `ProviderUnavailable` when nobody is there to
    do so: then nothing can be uploaded."""
    if scanner is None:
        return "none is configured (CLAMAV_URL): files are not looked at for malware"
    scanner.require_reachable(seconds=_SCANNER_SECONDS)
    return "answers"


def say_pins(overview: Overview) -> str:
    """How many blocks wait to be kept by others, and how many they were asked to keep in vain."""
    return str(overview.count_not_kept())


def _rpc(ipfs: IpfsSettings, url: SecretStr) -> Rpc:
    key = ipfs.kubo_rpc_authorization
    headers = {} if key is None else {"Authorization": _said(key)}
    server = Server(_said(url), "kubo", headers=headers)
    return IpfsHttpClientRpc(server) if ipfs.kubo_client == "ipfshttpclient" else KuboRpc(server)


def _bucket(content: ContentSettings) -> Bucket:
    return Bucket(
        name=content.s3_bucket,
        region=content.s3_region,
        endpoint=content.s3_endpoint or "",
        access_key_id=_said(content.s3_access_key_id),
        secret_access_key=_said(content.s3_secret_access_key),
        prefix=content.s3_prefix,
    )


def _said(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
