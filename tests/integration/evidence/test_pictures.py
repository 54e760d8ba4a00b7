"""Pictures that parties lay down: sealed, seen by whom they concern, and noted when they are."""

import io
import logging
from functools import partial

import pytest
from PIL import Image

from souk.bootstrap.media import Kept
from souk.core.principal import Role
from souk.core.unit_of_work import UnitOfWork
from souk.modules.evidence.domain import EvidenceRules
from souk.modules.evidence.errors import TooMuchEvidence
from souk.modules.evidence.service import Pictures
from souk.modules.media.domain import Cid, Purpose, compute_cid
from souk.modules.media.service import Exports, Images, Pins, find_sealed
from tests.integration.evidence.conftest import Sale, with_role
from tests.support.image_parts import CANARY, tagged
from tests.support.image_walk import assert_only_pixels
from tests.support.pictures import a_picture, an_image, uploaded
from tests.support.shop import Person, Shop
from tests.support.threads import at_once
from tests.support.xchacha import opened


@pytest.fixture
def paid(shop) -> Sale:
    seller, buyer = shop.seller(), shop.person("bella")
    placed = shop.paid(buyer, (shop.listing(seller), 1))
    return Sale(shop, placed["orders"][0]["id"], buyer, seller)


def attach(sale: Sale, who: Person, cid: str):
    path = f"/api/orders/{sale.order_id}/evidence"
    return sale.shop.ask(who, "POST", path, {"ipfs_hash": cid})


def an_exhibit(shop: Shop, who: Person, seed: int = 1) -> dict:
    """A small picture that was uploaded as evidence."""
    [one] = uploaded(shop, who, a_picture(seed, width=64, height=48), purpose="evidence")
    return one["image"]


def laid_down(sale: Sale, who: Person, seed: int = 1) -> dict:
    """A piece of evidence of somebody's."""
    image = an_exhibit(sale.shop, who, seed)
    answer = attach(sale, who, image["ipfs_hash"])
    assert answer.status_code == 201, answer.text
    return answer.json()


def refusal(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def everything_said(sale: Sale, who: Person, evidence: dict) -> list[int]:
    """The statuses of all that there is to see of it."""
    path = f"/api/orders/{sale.order_id}/evidence"
    one = f"{path}/{evidence['id']}"
    paths = (path, one, f"{one}/files/{evidence['ipfs_hash']}")
    return [sale.shop.ask(who, "GET", each).status_code for each in paths]


# Upload


@pytest.mark.parametrize("who", ["anybody", "the other party"])
def test_evidence_is_its_uploaders_alone_until_it_is_attached(shop, paid, who):
    image = an_exhibit(shop, paid.buyer)
    path = f"/api/images/{image['ipfs_hash']}"
    asking = None if who == "anybody" else paid.seller
    assert shop.ask(asking, "GET", path).status_code == 404
    assert shop.ask(paid.buyer, "GET", path).json() == image


def test_evidence_is_served_to_nobody_as_a_picture(shop, paid):
    evidence = laid_down(paid, paid.buyer)
    for file in paid.asked(paid.buyer, f"evidence/{evidence['id']}")[1]["files"]:
        assert shop.ask(paid.buyer, "GET", f"/ipfs/{file['sealed']['cid']}").status_code == 404


def test_what_others_keep_of_evidence_is_no_picture(shop, paid):
    image = an_exhibit(shop, paid.buyer)
    store = shop.container.get(Kept).content
    for file in image["files"]:
        with store.open(Cid(file["cid"])) as kept:
            assert kept.read(1) == b"\x01"
        assert file["url"] is None


def test_evidence_is_in_no_export(shop, paid):
    evidence = laid_down(paid, paid.buyer)
    exported = shop.container.get(Exports).list_images()
    assert evidence["ipfs_hash"] not in {image.cid for image in exported}


def test_same_evidence_is_sealed_once(shop, paid):
    assert an_exhibit(shop, paid.buyer) == an_exhibit(shop, paid.buyer)


def test_evidence_of_two_has_nothing_in_common(shop, paid):
    mine = an_exhibit(shop, paid.buyer)
    theirs = an_exhibit(shop, paid.seller)
    assert not {one["cid"] for one in mine["files"]} & {one["cid"] for one in theirs["files"]}


def test_evidence_can_be_deleted_until_it_is_attached(shop, paid):
    image = an_exhibit(shop, paid.buyer, 1)
    assert attach(paid, paid.buyer, image["ipfs_hash"]).status_code == 201
    kept = shop.ask(paid.buyer, "DELETE", f"/api/images/{image['ipfs_hash']}")
    spare = an_exhibit(shop, paid.buyer, 2)
    gone = shop.ask(paid.buyer, "DELETE", f"/api/images/{spare['ipfs_hash']}")
    assert (refusal(kept), gone.status_code) == ((409, "image_in_use"), 204)
    assert refusal(attach(paid, paid.buyer, spare["ipfs_hash"])) == (422, "image_not_yours")


def test_nobody_can_open_what_was_deleted(shop, paid):
    image = an_exhibit(shop, paid.buyer)
    cids = {Cid(file["cid"]) for file in image["files"]}
    shop.ask(paid.buyer, "DELETE", f"/api/images/{image['ipfs_hash']}")
    with shop.container.get(UnitOfWork).begin() as tx:
        assert find_sealed(tx, cids) == {}


def test_one_is_left_when_the_same_comes_in_twice_at_once(shop, paid):
    images, store = shop.container.get(Images), shop.container.get(Kept).content
    buyer, before = shop.container.authenticate(paid.buyer.token), set(store.list_cids())

    def upload(_number: int) -> Cid:
        picture = partial(a_picture, 5, width=64, height=48)
        [one] = images.upload(buyer, Purpose.EVIDENCE, [picture])
        return one.image.cid

    [cid] = set(at_once(4, upload))
    files = {file.cid for file in images.show(buyer, cid).files}
    assert set(store.list_cids()) - before == files


# Laying down


def test_party_lays_down_a_picture_once(shop, paid):
    image = an_exhibit(shop, paid.buyer)
    first, again = (attach(paid, paid.buyer, image["ipfs_hash"]).json() for _ in range(2))
    assert first == again
    assert paid.asked(paid.seller, "evidence")[1] == {"data": [first]}
    assert (first["party"], first["account_id"]) == ("buyer", paid.buyer.account_id)


def test_both_parties_lay_down_pictures(paid):
    mine, theirs = laid_down(paid, paid.buyer), laid_down(paid, paid.seller)
    assert paid.asked(paid.buyer, "evidence")[1]["data"] == [mine, theirs]
    assert theirs["party"] == "seller"


def test_only_ones_own_evidence_is_laid_down(shop, paid):
    theirs = an_exhibit(shop, paid.seller)
    public = an_image(shop, paid.buyer, purpose="product")
    for image in (theirs, public):
        refused = attach(paid, paid.buyer, image["ipfs_hash"])
        assert refusal(refused) == (422, "image_not_yours")


def test_what_the_other_has_laid_down_is_not_ones_own(shop, paid):
    theirs = laid_down(paid, paid.seller)
    assert refusal(attach(paid, paid.buyer, theirs["ipfs_hash"])) == (422, "image_not_yours")


def test_nothing_is_laid_down_about_an_order_that_was_never_paid(shop, sale):
    image = an_exhibit(shop, sale.buyer)
    assert refusal(attach(sale, sale.buyer, image["ipfs_hash"])) == (409, "evidence_not_yet")
    assert sale.asked(sale.buyer, "evidence")[1] == {"data": []}


def test_party_lays_down_so_much_about_an_order(shop, paid):
    pictures = shop.container.get(Pictures)
    all_, pictures._rules = pictures._rules, EvidenceRules(pictures=1)
    try:
        first = laid_down(paid, paid.buyer)
        more = attach(paid, paid.buyer, an_exhibit(shop, paid.buyer, 2)["ipfs_hash"])
        again = attach(paid, paid.buyer, first["ipfs_hash"])
        theirs = laid_down(paid, paid.seller)
    finally:
        pictures._rules = all_
    assert (refusal(more), again.json()) == ((409, "too_much_evidence"), first)
    assert paid.asked(paid.buyer, "evidence")[1]["data"] == [first, theirs]


def test_two_at_once_lay_down_no_more_than_there_is_room_for(shop, paid):
    buyer = shop.container.authenticate(paid.buyer.token)
    pictures = shop.container.get(Pictures)
    small = Pictures(pictures._uow, pictures._readers, pictures._sealing, EvidenceRules(pictures=1))
    cids = [an_exhibit(shop, paid.buyer, seed)["ipfs_hash"] for seed in range(4)]

    answers = at_once(4, lambda number: small.attach(buyer, paid.order_id, cids[number]))

    assert sum(isinstance(answer, TooMuchEvidence) for answer in answers) == 3
    assert len(paid.asked(paid.buyer, "evidence")[1]["data"]) == 1


# Reading


@pytest.mark.parametrize("media_type", ["image/webp", "image/jpeg"])
def test_parties_read_the_clean_picture(shop, paid, media_type):
    [one] = uploaded(shop, paid.buyer, tagged("JPEG"), purpose="evidence")
    evidence = attach(paid, paid.buyer, one["image"]["ipfs_hash"]).json()
    files = paid.asked(paid.seller, f"evidence/{evidence['id']}")[1]["files"]
    file = next(each for each in files if each["media_type"] == media_type)

    answer = shop.ask(paid.seller, "GET", file["url"])

    assert (answer.headers["content-type"], len(answer.content)) == (media_type, file["bytes"])
    assert Image.open(io.BytesIO(answer.content)).width == file["width"]
    assert CANARY not in answer.content
    assert_only_pixels(answer.content)


def test_file_is_read_as_nothing_but_a_picture_and_kept_in_no_cache(shop, paid):
    evidence = laid_down(paid, paid.buyer)
    path = f"/api/orders/{paid.order_id}/evidence/{evidence['id']}/files/{evidence['ipfs_hash']}"
    headers = shop.ask(paid.buyer, "GET", path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_what_others_keep_opens_with_the_key_that_was_handed_out(shop, paid):
    evidence = laid_down(paid, paid.buyer)
    shop.container.get(Pins).pin_due()
    [node] = shop.container.get(Kept).targets
    file = paid.asked(paid.seller, f"evidence/{evidence['id']}")[1]["files"][0]

    block = node.read(Cid(file["sealed"]["cid"]))

    assert opened(block, file["sealed"]["key"]) == shop.ask(paid.seller, "GET", file["url"]).content


def test_nobody_else_reads_anything(shop, paid, arbiter):
    evidence = laid_down(paid, paid.buyer)
    others = [shop.person("eve"), shop.seller("otto"), arbiter, with_role(shop, Role.SUPPORT)]
    assert [everything_said(paid, who, evidence) for who in others] == [[404] * 3] * 4
    assert everything_said(paid, paid.seller, evidence) == [200] * 3


def test_arbiter_reads_while_a_dispute_lasts(paid, arbiter):
    evidence = laid_down(paid, paid.buyer)
    paid.dispute()
    assert everything_said(paid, arbiter, evidence) == [200] * 3
    paid.dispute(closed=True)
    assert everything_said(paid, arbiter, evidence) == [404] * 3


def test_evidence_is_read_through_its_own_order_alone(shop, paid):
    """Also by whoever is a party of both."""
    listing = shop.listing(paid.seller)
    other = Sale(shop, shop.paid(paid.buyer, (listing, 1))["orders"][0]["id"], *paid_by(paid))
    evidence = laid_down(paid, paid.buyer)
    assert everything_said(other, paid.buyer, evidence) == [200, 404, 404]


def paid_by(sale: Sale) -> tuple[Person, Person]:
    return sale.buyer, sale.seller


def test_file_of_another_piece_is_not_read(shop, paid):
    one, other = laid_down(paid, paid.buyer, 1), laid_down(paid, paid.buyer, 2)
    path = f"/api/orders/{paid.order_id}/evidence/{one['id']}/files/"
    for cid in (other["ipfs_hash"], compute_cid(b"anything")):
        assert refusal(shop.ask(paid.buyer, "GET", path + cid)) == (404, "evidence_not_found")


def test_readings_are_noted_before_anything_is_shown(paid, arbiter):
    evidence = laid_down(paid, paid.buyer)
    paid.dispute()
    for _ in range(2):
        everything_said(paid, arbiter, evidence)
    readings = paid.asked(paid.seller, f"evidence/{evidence['id']}")[1]["readings"]
    assert {(one["reader"], one["account_id"], one["times"]) for one in readings} == {
        ("arbiter", arbiter.account_id, 4),
        ("seller", paid.seller.account_id, 1),
    }


def test_reading_is_noted_when_the_bytes_are_lost(shop, paid):
    evidence = laid_down(paid, paid.buyer)
    shop.container.get(Kept).content.delete(Cid(evidence["ipfs_hash"]))
    path = f"/api/orders/{paid.order_id}/evidence/{evidence['id']}"
    lost = shop.ask(paid.seller, "GET", f"{path}/files/{evidence['ipfs_hash']}")
    readings = shop.ask(paid.buyer, "GET", path).json()["readings"]
    assert refusal(lost) == (404, "block_not_found")
    assert paid.seller.account_id in {one["account_id"] for one in readings}


def test_no_key_of_evidence_is_told_to_a_log(paid, caplog):
    caplog.set_level(logging.DEBUG)
    evidence = laid_down(paid, paid.buyer)
    files = paid.asked(paid.buyer, f"evidence/{evidence['id']}")[1]["files"]
    keys = {file["sealed"]["key"].removeprefix("0x") for file in files}
    assert caplog.records
    assert [key for key in keys if key in caplog.text] == []
