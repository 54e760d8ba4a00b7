"""Asking gateways for what a contract wants to be told (EIP-3668), as its client has to.

A contract names whatever address it likes, so that none is asked but over `PublicHttp`, whose
policy knows the hosts that the operator allows. What a gateway says decides nothing: the contract
that sent its caller there has to believe it.
"""

import json
import re

from souk.adapters.ens.calls import Lookup
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Patience
from souk.core.errors import ProviderRejected, UnavailableError
from souk.core.ports import Fetched

URLS_AT_MOST = 4
LONGEST_ANSWER = 20_480
"""Bytes of an answer: it is sent back to the contract along with what that wants to be reminded
of."""

_LONGEST_BODY = 65_536
_LONGEST_URL = 16_384
_SECONDS = 3.0
_SENDER, _DATA = "{sender}", "{data}"
_JSON = {"Content-Type": "application/json"}
_HEXADECIMAL = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


class Gateways:
    """The gateways that may be asked, whichever a contract names."""

    def __init__(self, http: PublicHttp) -> None:
        self._http = http

    def answer(self, lookup: Lookup, patience: Patience) -> bytes | None:
        """What the first of its gateways says that has an answer; `None` when none has, or one
        says that there is none."""
        for template in lookup.urls[:URLS_AT_MOST]:
            try:
                fetched = self._ask(template, lookup, patience)
            except (ProviderRejected, UnavailableError):
                continue
            if fetched.status // 100 == 4:
                return None
            if fetched.status == 200 and (data := _data(fetched.body)) is not None:
                return data
        return None

    def _ask(self, template: str, lookup: Lookup, patience: Patience) -> Fetched:
        """With the question in the address where that has a place for it, else in the body."""
        sender, data = lookup.sender.lower(), "0x" + lookup.data.hex()
        url = _filled(template, sender, data)
        seconds = patience.left(_SECONDS)
        if _DATA in template:
            return self._http.fetch(url, max_bytes=_LONGEST_BODY, timeout_seconds=seconds)
        return self._http.post(
            url,
            body=json.dumps({"data": data, "sender": sender}).encode(),
            headers=_JSON,
            max_bytes=_LONGEST_BODY,
            timeout_seconds=seconds,
        )


def _filled(template: str, sender: str, data: str) -> str:
    """Measured first: what is named many times would grow beyond all bounds."""
    length = len(template) + template.count(_DATA) * len(data) + template.count(_SENDER) * 42
    if length > _LONGEST_URL:
        raise ProviderRejected("the address of the gateway is too long")
    return template.replace(_SENDER, sender).replace(_DATA, data)


def _data(body: bytes) -> bytes | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, str) or len(data) > 2 + 2 * LONGEST_ANSWER:
        return None
    return bytes.fromhex(data[2:]) if _HEXADECIMAL.fullmatch(data) else None
