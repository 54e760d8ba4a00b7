"""Fetching what the owner of a name has written, over the fetcher that looks where it connects
to."""

from souk.adapters.avatars.refusing import refused
from souk.adapters.http.patience import Patience
from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.ports import HttpFetcher
from souk.modules.names.domain import AvatarFault

SCHEME = "https://"
_SECONDS = 4.0
_LATER = (408, 425, 429)


class Web:
    """Gets what stands at an address, and nothing that this points to."""

    def __init__(self, http: HttpFetcher) -> None:
        self._http = http

    def get(self, url: str, max_bytes: int, patience: Patience) -> bytes:
        """The whole answer. Raises `AvatarRefused` when there is none to be had, and
        `ProviderUnavailable` when there may be one later."""
        seconds = patience.left(_SECONDS)
        try:
            fetched = self._http.fetch(url, max_bytes=max_bytes, timeout_seconds=seconds)
        except ProviderRejected as error:
            raise refused(AvatarFault.NOT_FETCHED, error.detail) from None
        if fetched.status >= 500 or fetched.status in _LATER:
            raise ProviderUnavailable(f"the picture's server answered {fetched.status}")
        if fetched.status != 200:
            why = f"its server answered {fetched.status}"
            raise refused(AvatarFault.NOT_FETCHED, why)
        return fetched.body
