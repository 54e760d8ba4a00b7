"""Pictures that come in: what is taken, what is refused, and what that may cost."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from sqlalchemy import text

from souk.bootstrap.media import Kept
from souk.core.principal import Scope
from souk.modules.media.domain import MAX_REQUEST_BYTES, Cid, compute_cid
from souk.modules.media.service import ImageRules, Images
from tests.support.image_parts import CANARY, saved, scene, tagged
from tests.support.pictures import BOUNDARY, a_form, a_picture, an_image, sent, uploaded
from tests.support.shop import Person, proved

MIB = 1024 * 1024
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class Endless:
    """A body of a gigabyte, which counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        yield a_form(purpose="product").removesuffix(b"--\r\n") + b"\r\n"
        for _ in range(1_024):
            self.taken += MIB
            yield bytes(MIB)


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def count(shop, who: Person) -> int:
    """How many pictures somebody has."""
    counted = text("SELECT count(*) FROM image_storage WHERE account_id = :mine")
    with shop.container.engine.connect() as connection:
        return connection.execute(counted, {"mine": who.account_id}).scalar_one()


def test_upload_makes_every_variant(shop, sofia):
    image = an_image(shop, sofia)

    assert (image["width"], image["height"], image["animated"]) == (640, 480, False)
    assert [(one["variant"], one["width"]) for one in image["files"]].count(("thumb", 160)) == 2
    assert {(one["variant"], one["media_type"]) for one in image["files"]} == {
        (variant, media_type)
        for variant in ("thumb", "card", "page", "full")
        for media_type in ("image/webp", "image/jpeg")
    }


def test_uploaded_picture_is_shown_by_the_same_answer(shop, sofia):
    image = an_image(shop, sofia)
    shown = shop.ask(sofia, "GET", f"/api/images/{image['ipfs_hash']}")
    assert (shown.status_code, shown.json()) == (200, image)


def test_upload_serves_the_first_variant_at_once(shop, sofia):
    image = an_image(shop, sofia, 2)
    served = shop.api("GET", image["files"][0]["url"])
    assert Image.open(io.BytesIO(served.content)).width == 160


def test_upload_keeps_nothing_but_pixels(shop, sofia):
    [one] = uploaded(shop, sofia, tagged("JPEG"))
    files = [shop.api("GET", file["url"]).content for file in one["image"]["files"]]
    assert [content for content in files if CANARY in content] == []


def test_same_upload_is_the_same_picture(shop, sofia):
    [one], [again] = (uploaded(shop, sofia, a_picture(3)) for _ in range(2))
    assert (one, count(shop, sofia)) == (again, 1)


def test_upload_of_the_same_pixels_is_the_same_picture(shop, sofia):
    picture = a_picture(13)
    [one], [other] = (uploaded(shop, sofia, picture + tail) for tail in (b"", b"tail"))
    assert (one, count(shop, sofia)) == (other, 1)


def test_several_files_are_answered_one_by_one(shop, sofia):
    good, bad = uploaded(shop, sofia, a_picture(4), b"GIF89a and nothing more")
    assert good["refused"] is None
    assert (bad["image"], bad["refused"]["code"]) == (None, "image_refused")


@pytest.mark.pitfall("I5")
@pytest.mark.parametrize("content", [SVG, b"<!DOCTYPE html><p>hello</p>", b"%PDF-1.7"])
def test_upload_is_refused_when_it_is_called_a_picture_and_is_none(shop, sofia, content):
    answer = sent(shop, sofia, a_form(content, purpose="product"))
    assert code(answer) == (415, "image_wrong_form")


def test_upload_is_refused_when_the_file_is_too_large_for_its_purpose(shop, sofia):
    large = a_picture() + bytes(5 * MIB)
    answer = sent(shop, sofia, a_form(large, purpose="profile"))
    assert code(answer) == (413, "image_too_large")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (a_form(purpose="product"), (422, "wrong_number_of_files")),
        (a_form(b"x", b"y", purpose="profile"), (422, "wrong_number_of_files")),
        (a_form(b"x", purpose="anything"), (422, "unknown_purpose")),
        (a_form(b"x", purpose="review"), (422, "purpose_not_yet")),
        (a_form(b"x"), (422, "unknown_purpose")),
        (a_form(b"x", purpose="product", alt_text="a\u202eb"), (422, "alt_text_unfit")),
        (a_form(b"x", purpose="product", color="red"), (400, "unknown_part")),
        (a_form(b"x", purpose="p" * 5_000), (413, "field_too_long")),
        (a_form(b"x", purpose="product")[:-20], (400, "malformed_parts")),
        (b"", (400, "malformed_parts")),
    ],
)
def test_upload_is_refused_when_the_form_is_wrong(shop, sofia, body, expected):
    assert code(sent(shop, sofia, body)) == expected


def test_upload_is_refused_when_it_is_no_form(shop, sofia):
    answer = sent(shop, sofia, b"{}", Content_Type="application/json")
    assert code(answer) == (415, "not_multipart")


@pytest.mark.pitfall("I11")
def test_field_of_a_gigabyte_is_given_up_at_the_cap(shop, sofia):
    body = Endless()
    answer = sent(shop, sofia, body.chunks())
    assert code(answer) == (413, "upload_too_large")
    assert body.taken <= MAX_REQUEST_BYTES + MIB


@pytest.mark.pitfall("I11")
def test_field_of_a_gigabyte_is_not_read_when_its_length_is_announced(shop, sofia):
    body = Endless()
    answer = sent(shop, sofia, body.chunks(), Content_Length=str(1_024 * MIB))
    assert (code(answer), body.taken) == ((413, "body_too_large"), 0)


@pytest.mark.pitfall("I11")
def test_form_of_a_hundred_thousand_parts_is_refused(shop, sofia):
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx\r\n'.encode()
    answer = sent(shop, sofia, part * 100_000 + f"--{BOUNDARY}--".encode())
    assert code(answer) == (413, "too_many_parts")


def test_upload_is_not_read_when_nobody_is_signed_in(shop):
    body = Endless()
    assert code(sent(shop, None, body.chunks())) == (401, "sign_in_required")
    assert body.taken == 0


def test_upload_needs_the_scope_when_a_program_calls(shop, sofia):
    for scope, status in ((Scope.IMAGES_READ, 403), (Scope.IMAGES_WRITE, 201)):
        asked = {"name": "Shop", "scopes": [scope]}
        key = shop.ask(proved(shop, sofia), "POST", "/api/auth/api-keys", asked).json()
        program = Person(sofia.wallet, key["secret"], sofia.account_id)
        answer = sent(shop, program, a_form(a_picture(), purpose="product"))
        assert answer.status_code == status, answer.text


def test_upload_is_refused_when_the_account_has_as_many_as_it_may(shop, sofia):
    images: Images = shop.container.get(Images)
    small, images._rules = images._rules, ImageRules(1)
    try:
        an_image(shop, sofia, 5)
        answer = sent(shop, sofia, a_form(a_picture(6), purpose="product"))
        again = sent(shop, sofia, a_form(a_picture(5), purpose="product"))
    finally:
        images._rules = small
    assert code(answer) == (409, "too_many_images")
    assert again.status_code == 201


def test_stored_bytes_are_those_of_their_cid(shop, sofia):
    image = an_image(shop, sofia, 7)
    store = shop.container.get(Kept).content
    for one in image["files"]:
        with store.open(Cid(one["cid"])) as file:
            assert compute_cid(file.read()) == one["cid"]


def test_picture_is_turned_the_right_way_up(shop, sofia):
    exif = Image.Exif()
    exif[0x0112] = 6
    [one] = uploaded(shop, sofia, saved(scene(200, 100, 8), "JPEG", exif=exif.tobytes()))
    assert (one["image"]["width"], one["image"]["height"]) == (100, 200)
