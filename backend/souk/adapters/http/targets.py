"""Where a URL points to, as far as that can be judged without asking anybody."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from souk.adapters.http.addresses import is_address, is_loopback, is_public
from souk.core.errors import ProviderRejected

_HTTPS = 443
PORTS = frozenset({_HTTPS, 8443})
_FIRST_FREE_PORT = 1024
_DEFAULT_PORTS = {"https": _HTTPS, "http": 80}
# What RFC 3986 lets stand in a URL: no white space and no backslash, which two readers could read
# in two ways.
_URL = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label begins with a letter: what is a number all over is an address in disguise.
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_LOOPBACK_NAME = "localhost"


@dataclass(frozen=True, slots=True)
class Target:
    """A server and what to ask it for. `host` is a name or an address without brackets, `path`
    begins with a slash and has the query in it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be spoken to: the public internet over TLS, or of it these `hosts` alone; this
    machine, too, and without TLS, where an installation for development says so."""

    to_loopback: bool = False
    ports: Collection[int] = PORTS
    hosts: Collection[str] | None = None

    def target(self, url: str) -> Target:
        """Where this URL points to. Raises `ProviderRejected`."""
        parts = _split(url)
        try:
            usual, named = _DEFAULT_PORTS[parts.scheme], parts.port
        except (KeyError, ValueError):
            raise refused("the address must begin with https:// and may name a port") from None
        port = usual if named is None else named
        host = (parts.hostname or "").lower()
        query = f"?{parts.query}" if parts.query else ""
        target = Target(parts.scheme, host, port, f"{parts.path or '/'}{query}")
        self._require_allowed(target)
        return target

    def require_address(self, target: Target, address: str) -> None:
        """Raises `ProviderRejected` unless `target` may be reached at this address."""
        if self.to_loopback and is_loopback(address):
            return
        if not is_public(address) or target.scheme != "https":
            raise refused("the name leads to an address that is not on the public internet")

    def _require_allowed(self, target: Target) -> None:
        if is_address(target.host):
            self.require_address(target, target.host)
        elif not (_NAME.fullmatch(target.host) or self._is_this_machine(target.host)):
            raise refused("the host must be a full name, such as shop.example, written in ASCII")
        local = self.to_loopback and (
            is_loopback(target.host) or self._is_this_machine(target.host)
        )
        if target.scheme != "https" and not local:
            raise refused("the address must begin with https://")
        if self.hosts is not None and target.host not in self.hosts:
            raise refused("the host is none of those that may be asked")
        if target.port not in self.ports and not (local and target.port >= _FIRST_FREE_PORT):
            listed = " or ".join(map(str, sorted(self.ports)))
            raise refused(f"the port must be {listed}")

    def _is_this_machine(self, host: str) -> bool:
        return self.to_loopback and host == _LOOPBACK_NAME


def refused(why: str) -> ProviderRejected:
    """Nothing will ever be sent to such an address."""
    return ProviderRejected(why)


def _split(url: str) -> SplitResult:
    if not _URL.fullmatch(url):
        raise refused("the address holds characters that must be percent-encoded")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise refused("this is no address of the web") from None
    if parts.username is not None or parts.password is not None:
        raise refused("the address must hold no user name or password")
    if parts.fragment:
        raise refused("the address must end before its #")
    return parts
