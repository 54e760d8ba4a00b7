"""The plain pages: static shells whose scripts read the same JSON API as any other client."""

from pathlib import Path

from fastapi.responses import FileResponse

from souk.core.web import Section

router = Section(include_in_schema=False)

_STATIC = Path(__file__).parent / "static"
_ASSETS = {
    "souk.css": "text/css; charset=utf-8",
    "souk.svg": "image/svg+xml",
    "confirm-email.js": "text/javascript; charset=utf-8",
    "dom.js": "text/javascript; charset=utf-8",
    "errors.js": "text/javascript; charset=utf-8",
    "home.js": "text/javascript; charset=utf-8",
    "listing.js": "text/javascript; charset=utf-8",
    "no-picture.svg": "image/svg+xml",
    "order.js": "text/javascript; charset=utf-8",
    "reference.js": "text/javascript; charset=utf-8",
    "sign-in.js": "text/javascript; charset=utf-8",
}


def _page(name: str) -> FileResponse:
    return FileResponse(_STATIC / name, media_type="text/html; charset=utf-8")


@router.get("/")
async def home() -> FileResponse:
    """What is running, and what is for sale."""
    return _page("home.html")


@router.get("/listings/{listing_id}")
async def listing(listing_id: str) -> FileResponse:
    """One listing; the script takes the id from the address."""
    del listing_id
    return _page("listing.html")


@router.get("/orders/{order_id}")
async def order(order_id: str) -> FileResponse:
    """One order with its live timeline; `?key=` is the timeline key from the order's JSON."""
    del order_id
    return _page("order.html")


@router.get("/sign-in")
async def sign_in() -> FileResponse:
    """Where the link of an e-mail leads; its secret follows a # and never comes here."""
    return _page("sign-in.html")


@router.get("/confirm-email")
async def confirm_email() -> FileResponse:
    """Where the link of an e-mail leads that adds its address to an account."""
    return _page("confirm-email.html")


@router.get("/reference")
async def reference() -> FileResponse:
    """The API reference, rendered from `/openapi.json`."""
    return _page("reference.html")


@router.get("/errors")
async def errors() -> FileResponse:
    """Every error code; the `type` of a problem document leads here."""
    return _page("errors.html")


def _add_asset(name: str, media_type: str) -> None:
    async def asset() -> FileResponse:
        return FileResponse(_STATIC / name, media_type=media_type)

    router.add_api_route(f"/static/{name}", asset, methods=["GET"])


for _name, _media_type in _ASSETS.items():
    _add_asset(_name, _media_type)
