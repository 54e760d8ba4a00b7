"""Uploads of pictures, as browsers make them."""

import httpx

from tests.support.image_parts import saved, scene
from tests.support.shop import Person, Shop

BOUNDARY = "----FormBoundary7MA4YWxkTrZu0gW"
PATH = "/api/images/upload"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def a_picture(seed: int = 1, *, width: int = 640, height: int = 480) -> bytes:
    """A PNG that differs from others."""
    return saved(scene(width, height, seed), "PNG")


def a_form(*files: bytes, **fields: str) -> bytes:
    """The body of an upload."""
    parts = [
        *(f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()),
        *(
            b'name="files"; filename="cat.png"\r\nContent-Type: image/png\r\n\r\n' + content
            for content in files
        ),
    ]
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
    return b"\r\n".join([*(head + part for part in parts), f"--{BOUNDARY}--\r\n".encode()])


def sent(shop: Shop, who: Person | None, body: object, **headers: str) -> httpx.Response:
    """An upload of this body."""
    token = None if who is None else who.token
    headers.setdefault("Content_Type", FORM)
    return shop.api("POST", PATH, body, token=token, **headers)


def uploaded(shop: Shop, who: Person, *files: bytes, purpose: str = "product") -> list[dict]:
    """What came of each file."""
    answer = sent(shop, who, a_form(*files, purpose=purpose))
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def an_image(shop: Shop, who: Person, seed: int = 1, purpose: str = "product") -> dict:
    """A picture of somebody's."""
    [one] = uploaded(shop, who, a_picture(seed), purpose=purpose)
    return one["image"]


def put_on_show(shop: Shop, who: Person, listing: str, *images: dict) -> None:
    """Show these pictures with a listing as it is now, and no others."""
    path = f"/api/marketplace/products/{listing}"
    body = {"images": [{"ipfs_hash": image["ipfs_hash"]} for image in images]}
    made_on = shop.api("GET", path, token=who.token).headers["etag"]
    put = shop.api("PUT", f"{path}/images", body, token=who.token, If_Match=made_on)
    assert put.status_code == 204, put.text
