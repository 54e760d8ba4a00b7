"""Terms as others keep them: sealed behind the payment's back, and opened by whom they concern."""

import logging
from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.bootstrap import build
from souk.bootstrap.media import Kept
from souk.core.errors import ProviderUnavailable
from souk.core.principal import Role
from souk.core.unit_of_work import UnitOfWork
from souk.modules.evidence.service import HandingOut
from souk.modules.media.domain import Cid, Found
from souk.modules.media.service import Pins, Repair, Sealing
from souk.modules.payments.service import SealedTerms
from souk.settings import SecuritySettings
from tests.integration.evidence.conftest import Sale, with_role
from tests.support.xchacha import opened

TERMS = "terms/sealed"


@pytest.fixture
def sealed(shop) -> SealedTerms:
    return shop.container.get(SealedTerms)


def count(shop, what: str) -> int:
    with shop.container.engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()


def only(sale: Sale) -> dict:
    """The terms of its only attempt, as the buyer sees them."""
    status, answer = sale.asked(sale.buyer, TERMS)
    assert status == 200
    [one] = answer["data"]
    return one


def test_terms_open_for_whoever_was_handed_the_key(shop, sale, sealed):
    sealed.seal_due()
    shop.container.get(Pins).pin_due()
    handed = only(sale)
    [node] = shop.container.get(Kept).targets

    document = opened(node.read(Cid(handed["sealed"]["cid"])), handed["sealed"]["key"])

    assert document == handed["document"].encode()
    assert "0x" + sha256(document).hexdigest() == handed["ref"]


def test_terms_are_sealed_by_the_workers(shop, sale):
    shop.container.loops["timers"].run(lambda: only(sale)["sealed"] is None)

    assert only(sale)["sealed"] is not None


def test_both_parties_are_handed_the_same(sale, sealed):
    sealed.seal_due()
    assert sale.asked(sale.buyer, TERMS) == sale.asked(sale.seller, TERMS)


def test_clear_terms_are_there_before_their_copy_is(sale):
    handed = only(sale)
    assert (handed["sealed"], "salt" in handed["document"]) == (None, True)


def test_nobody_else_is_handed_anything(shop, sale, sealed, arbiter):
    sealed.seal_due()
    others = [shop.person("eve"), shop.seller("otto"), arbiter, with_role(shop, Role.SUPPORT)]
    assert {sale.asked(who, TERMS)[0] for who in others} == {404}


def test_arbiter_is_handed_them_while_a_dispute_lasts(sale, sealed, arbiter):
    sealed.seal_due()
    sale.dispute()
    during = sale.asked(arbiter, TERMS)
    sale.dispute(closed=True)
    assert (during, sale.asked(arbiter, TERMS)[0]) == (sale.asked(sale.buyer, TERMS), 404)


def test_keys_are_kept_in_no_cache(shop, sale):
    answer = shop.ask(sale.buyer, "GET", f"/api/orders/{sale.order_id}/{TERMS}")
    assert answer.headers["cache-control"] == "no-store"


def test_copy_is_not_served_as_a_picture(shop, sale, sealed):
    sealed.seal_due()
    assert shop.api("GET", f"/ipfs/{only(sale)['sealed']['cid']}").status_code == 404


def test_copy_is_mended_as_pictures_are(shop, sale, sealed):
    sealed.seal_due()
    shop.container.get(Pins).pin_due()
    cid, content = Cid(only(sale)["sealed"]["cid"]), shop.container.get(Kept).content
    content.delete(cid)
    assert Found.MENDED in {one.own for one in shop.container.get(Repair).mend() if one.cid == cid}
    assert content.find_size(cid) is not None


def test_nothing_is_sealed_twice(sale, sealed):
    sealed.seal_due()
    first = only(sale)["sealed"]
    assert (sealed.seal_due(), only(sale)["sealed"]) == (0, first)


def test_one_copy_is_left_when_two_seal_at_once(shop, sale, sealed, tmp_path):
    """The other comes in where this one has stored its copy and not yet said so."""

    class Interrupted(DiskContentStore):
        def put(self, cid: Cid, content: bytes) -> None:
            super().put(cid, content)
            sealed.seal_due()

    store = Interrupted(tmp_path)
    slow = SealedTerms(
        shop.container.get(UnitOfWork), Sealing(XChaChaDocumentSealer(b"k" * 32), store, [])
    )
    before = count(shop, "sealed_document")
    assert slow.seal_due() == 0
    assert (list(store.list_cids()), count(shop, "terms_document WHERE sealed_cid IS NULL")) == (
        [],
        0,
    )
    assert count(shop, "sealed_document") > before
    assert only(sale)["sealed"] is not None


def test_terms_are_sealed_later_when_the_store_is_away(shop, sale, sealed, tmp_path):
    class Away(DiskContentStore):
        def put(self, cid: Cid, content: bytes) -> None:
            raise ProviderUnavailable("the store is away")

    sealing = Sealing(XChaChaDocumentSealer(b"k" * 32), Away(tmp_path), [])
    with pytest.raises(ProviderUnavailable):
        SealedTerms(shop.container.get(UnitOfWork), sealing).seal_due()
    assert only(sale)["sealed"] is None
    assert sealed.seal_due() >= 1
    assert only(sale)["sealed"] is not None


def test_clear_terms_stay_when_the_secret_is_lost(shop, sale, sealed):
    sealed.seal_due()
    handing = shop.container.get(HandingOut)
    other = Sealing(XChaChaDocumentSealer(b"o" * 32), None, [])
    sealing, handing._sealing = handing._sealing, other
    try:
        handed = only(sale)
    finally:
        handing._sealing = sealing
    assert (handed["sealed"], only(sale)["document"]) == (None, handed["document"])


@pytest.mark.pitfall("K4")
def test_keys_are_handed_out_after_the_secret_was_replaced(shop, sale, sealed):
    sealed.seal_due()
    settings = shop.container.settings
    replaced = SecuritySettings(
        secret_key=SecretStr("another secret of more than 32 characters"),
        secret_keys_before=(settings.security.secret_key,),
    )
    buyer = shop.container.authenticate(sale.buyer.token)
    with closing(build(replace(settings, security=replaced))) as later:
        [handed] = later.get(HandingOut).terms_of(buyer, sale.order_id)

    assert handed.key.text == only(sale)["sealed"]["key"]


def test_no_key_is_told_to_a_log(sale, sealed, caplog):
    caplog.set_level(logging.DEBUG)
    sealed.seal_due()
    key = only(sale)["sealed"]["key"]
    assert caplog.records
    assert key.removeprefix("0x") not in caplog.text
