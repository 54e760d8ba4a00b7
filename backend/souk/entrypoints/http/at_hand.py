"""The short way to files of pictures, which are most of what is asked for."""

from starlette.types import ASGIApp, Receive, Scope, Send

from souk.modules.media.api import Files
from souk.modules.media.api.files import ROUTE, HeldFile
from souk.modules.media.domain import FILES_PATH, FileAddresses

# With one of these less than the whole may be wanted, which the route knows about. It looks at
# signatures, too, where addresses have them.
_CONDITIONS = frozenset({b"range", b"if-none-match"})


class AtHand:
    """Sends a whole file that is in memory and may be served, without looking for its route: that
    would take several times as long. Whatever else is asked goes on to the routes, one of which
    sends the same file with the same headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        file = _find(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        # Requests are counted by their route.
        scope["route"] = ROUTE
        headers = list(file.headers)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": file.content})


def _find(scope: Scope) -> HeldFile | None:
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if not path.startswith(FILES_PATH) or any(one in _CONDITIONS for one, _ in scope["headers"]):
        return None
    services = scope["app"].state.services
    files = services.get(Files)
    if not isinstance(files, Files) or services[FileAddresses].signed:
        return None
    return files.find_held(path.removeprefix(FILES_PATH))
