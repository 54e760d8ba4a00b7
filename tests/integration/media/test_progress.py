"""Several files of one upload: each is told of by itself, as soon as it was looked at."""

import json
from collections.abc import Iterator

import pytest

from souk.adapters.images.cleaner import SandboxedImageCleaner
from souk.modules.media.domain import CleanedImage, Purpose, Refusal
from souk.modules.media.errors import ImageCleanerUnavailable
from tests.support.account_builders import an_account
from tests.support.kept_pictures import Keeping, cids, on_disk
from tests.support.pictures import FORM, PATH, a_form, a_picture, sent
from tests.support.shop import Person, Shop

LINES = "application/x-ndjson"
SMALL = [a_picture(seed, width=96, height=64) for seed in range(3)]
BAD = b"GIF89a and nothing more"


class FailingCleaner:
    """Is too busy for one picture."""

    def __init__(self, cleaner: SandboxedImageCleaner, not_for: bytes) -> None:
        self._cleaner = cleaner
        self._not_for = not_for

    def clean(self, upload: bytes, *, max_bytes: int) -> CleanedImage | Refusal:
        if upload == self._not_for:
            raise ImageCleanerUnavailable("too busy")
        return self._cleaner.clean(upload, max_bytes=max_bytes)


@pytest.fixture
def keeping(uow, cleaner, tmp_path) -> Keeping:
    return on_disk(uow, cleaner, tmp_path)


@pytest.fixture
def otto(uow):
    return an_account(uow, "otto")


def test_first_picture_is_shown_before_the_second_is_looked_at(keeping, otto):
    looked_at = []

    def file(number: int) -> bytes:
        looked_at.append(number)
        return SMALL[number]

    files = [lambda number=number: file(number) for number in range(2)]
    outcomes = keeping.images.upload(otto, Purpose.PRODUCT, files)
    first = next(outcomes).image
    assert keeping.images.show(None, first.cid) == first
    assert keeping.held(first) == cids(first)
    assert looked_at == [0]


def test_good_files_are_kept_when_one_could_not_be_looked_at(uow, cleaner, tmp_path, otto):
    keeping = on_disk(uow, FailingCleaner(cleaner, SMALL[1]), tmp_path)
    files = [lambda file=file: file for file in SMALL]
    outcomes = list(keeping.images.upload(otto, Purpose.PRODUCT, files))
    assert [one.image is not None for one in outcomes] == [True, False, True]
    assert (outcomes[1].refusal.code, outcomes[1].refusal.retryable) == (
        "image_cleaner_unavailable",
        True,
    )


def test_files_are_kept_up_to_the_most_that_may_be(uow, cleaner, tmp_path, otto):
    keeping = on_disk(uow, cleaner, tmp_path, most=2)
    files = [lambda file=file: file for file in SMALL]
    outcomes = list(keeping.images.upload(otto, Purpose.PRODUCT, files))
    refused = [None if one.refusal is None else one.refusal.code for one in outcomes]
    assert refused == [None, None, "too_many_images"]


def lines(shop: Shop, who: Person, *files: bytes) -> Iterator[dict]:
    answer = sent(shop, who, a_form(*files, purpose="product"), Accept=LINES)
    assert (answer.status_code, answer.headers["content-type"]) == (200, LINES)
    return map(json.loads, answer.text.splitlines())


def test_each_file_has_a_line_in_the_order_of_the_files(shop, sofia):
    one, bad, other = lines(shop, sofia, SMALL[0], BAD, SMALL[1])
    assert (bad["image"], bad["refused"]["code"]) == (None, "image_refused")
    assert bad["refused"]["retryable"] is False
    assert one["image"]["ipfs_hash"] != other["image"]["ipfs_hash"]
    for told in (one, other):
        assert shop.api("GET", told["image"]["files"][0]["url"]).status_code == 200


def test_lines_tell_why_when_no_file_is_a_picture(shop, sofia):
    [bad] = lines(shop, sofia, BAD)
    assert bad["refused"]["code"] == "image_refused"


def test_wrong_form_is_refused_whoever_wants_lines(shop, sofia):
    answer = sent(shop, sofia, a_form(SMALL[0]), Accept=LINES)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_purpose")


def test_line_is_sent_while_the_next_file_waits(shop, sofia):
    """The server as it is called by servers, which is where an answer could be held back."""
    kept_then = []

    async def send(message: dict) -> None:
        if message.get("body"):
            kept_then.append(pictures_of(shop, sofia))

    headers = {
        "content-type": FORM,
        "accept": LINES,
        "authorization": f"Bearer {sofia.token}",
    }
    shop.api.run(shop.api.pass_on("POST", PATH, a_form(*SMALL, purpose="product"), headers, send))
    assert kept_then == [1, 2, 3]


def pictures_of(shop: Shop, who: Person) -> int:
    with shop.container.engine.connect() as connection:
        counted = "SELECT count(*) FROM image_storage WHERE account_id = %(who)s"
        return connection.exec_driver_sql(counted, {"who": who.account_id}).scalar_one()
