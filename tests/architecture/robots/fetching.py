"""Who speaks to servers that strangers name: one fetcher, and those that are listed here."""

from collections.abc import Iterable, Iterator

from .tree import SOUK, Source, Violation, dotted, imports, walk

_CLIENTS = {"httpx", "httpcore", "requests", "urllib", "http", "aiohttp", "urllib3", "web3"}
_HARMLESS = {"urllib.parse", "http.HTTPStatus"}
_CONNECTS = {
    f"{SOUK}/adapters/http/": "the fetcher itself",
    f"{SOUK}/adapters/evm/": "nodes, which the operator names",
    f"{SOUK}/adapters/exchange/": "servers that keep bytes, which the operator names",
    f"{SOUK}/adapters/stripe/": "Stripe",
    f"{SOUK}/embedded/": "parts of this machine",
    f"{SOUK}/entrypoints/demo/": "the API itself",
}
_FETCHERS = {"HttpFetcher", "HttpPoster", "PublicHttp"}
FETCHES = {
    f"{SOUK}/core/ports.py": "says what fetching is",
    f"{SOUK}/adapters/http/client.py": "the fetcher itself",
    f"{SOUK}/adapters/ens/gateways.py": "gateways of names",
    f"{SOUK}/adapters/avatars/reader.py": "pictures of names",
    f"{SOUK}/adapters/avatars/web.py": "pictures of names",
    f"{SOUK}/modules/webhooks/service/endpoints.py": "only checks the address",
    f"{SOUK}/modules/webhooks/service/send.py": "webhooks",
    f"{SOUK}/bootstrap/names.py": "puts them together",
    f"{SOUK}/bootstrap/services.py": "puts them together",
}
"""Each is tried against `tests/support/hostile_targets.py`."""


def find_other_clients(files: Iterable[Source]) -> Iterator[Violation]:
    """Whatever could connect to somewhere else than through the fetcher."""
    for file in files:
        if file.path.startswith(tuple(_CONNECTS)):
            continue
        for node, name in imports(file.tree):
            if name.split(".")[0] in _CLIENTS and not name.startswith(tuple(_HARMLESS)):
                yield file.at(node, f"uses {name}: strangers' servers are spoken to by PublicHttp")


def find_unlisted_fetchers(files: Iterable[Source]) -> Iterator[Violation]:
    """Whoever fetches something and is not listed."""
    for file in files:
        if file.path in FETCHES:
            continue
        for node in walk(file.tree):
            if dotted(node).split(".")[-1] in _FETCHERS:
                yield file.at(node, "fetches what strangers name, and is not listed")
