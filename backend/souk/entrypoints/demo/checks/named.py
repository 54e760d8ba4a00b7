"""Story 10."""

from datetime import datetime
from http import HTTPStatus

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.ens import KNOWN, NameOnChain
from souk.entrypoints.demo.evidence import Named
from souk.entrypoints.demo.node import selector

_STORY = "10 named"


def _all_free(seen: Named) -> str:
    """What is suggested nobody holds, by the registrar's own word."""
    taken = [name for name, free in seen.free_on_chain.items() if not free]
    return holds(bool(seen.free_on_chain) and not taken, seen.free_on_chain)


def _suggested(suggestions: Document) -> list[str]:
    return [one["name"].text for one in suggestions["suggestions"]]


def _wish_first(seen: Named) -> str:
    return same(_suggested(seen.suggested)[:1], [f"{seen.wish}.eth"])


def _taken_left_out(seen: Named) -> str:
    names = _suggested(seen.suggested_for_taken)
    return holds(bool(names) and KNOWN not in names, names)


def _before(seen: Named) -> str:
    """It was asked for in capitals, which is the same name (ENSIP-15)."""
    found = seen.before
    return same(
        (found["asked"].text, found["name"].text, found["lookup"]["state"].text),
        (seen.name.upper(), seen.name, "free"),
    )


def _price(seen: Named) -> str:
    return same(seen.spent, seen.suggested["suggestions"][0]["price_a_year"]["amount"].number)


def _on_chain(seen: Named) -> str:
    found = seen.on_chain
    return same((found.owner, found.holder, found.address), (seen.wallet,) * 3)


def _looked_up(seen: Named) -> str:
    """What the API says of the name is what the contracts say."""
    found = seen.looked_up["lookup"]
    told = NameOnChain(
        owner=found["owner"].text,
        holder=found["owner"].text,
        address=found["address"].text,
        expires_at=int(datetime.fromisoformat(found["expires_at"].text).timestamp()),
    )
    return same((found["state"].text, told), ("held", seen.on_chain))


def _at_once(seen: Named) -> str:
    answer = seen.verified.document
    return same(
        (seen.verified.status, answer["status"].text, answer["message"].raw),
        (HTTPStatus.OK, "verified", None),
    )


def _shown(seen: Named) -> str:
    before, after = seen.profile, seen.page.document
    return same(
        (before["ens_name"].raw, after["ens_name"].raw, after["version"].number),
        (None, seen.name, before["version"].number + 1),
    )


def _cached(seen: Named) -> str:
    return same((seen.cached.status, seen.cached.body), (HTTPStatus.OK, seen.page.body))


def _proved(seen: Named) -> str:
    """One row says whose name it is, as of a block that stands on the chain."""
    (row,) = seen.rows.proofs
    got = (row.seller_id, row.account_id, row.wallet, row.owner, row.block_hash)
    want = (seen.store_id, seen.account_id, seen.wallet, seen.wallet, seen.block_hash)
    return same(got, want)


def _still_shown(seen: Named) -> str:
    """After everything that others tried."""
    (row,) = seen.rows.proofs
    return same((row.lost_at, row.shown), (None, seen.name))


def _expiry_kept(seen: Named) -> str:
    (row,) = seen.rows.proofs
    kept = None if row.expires_at is None else int(row.expires_at.timestamp())
    return same(kept, seen.on_chain.expires_at)


def _told_once(seen: Named) -> str:
    told = [(one.name, one.told) for one in seen.rows.messages]
    delivered = all(one.delivered_at is not None for one in seen.rows.messages)
    return same((told, delivered), ([("ens.name_verified", seen.name)], True))


def _edited(seen: Named) -> str:
    edit = seen.edited
    page = edit.page.document
    return same(
        (edit.answer.status, page["bio"].text, page["version"].number),
        (HTTPStatus.OK, edit.bio, edit.before["version"].number + 1),
    )


def _challenged(seen: Named) -> str:
    """Whoever has not proved the wallet is asked for its signature, and nothing is shown."""
    challenge = seen.others.challenge.document
    return same(
        (challenge["status"].text, challenge["wallet"].text, challenge["verification"].raw),
        ("signature_required", seen.wallet, None),
    )


def _reverts(data: str, error: str) -> str:
    return same(data[:10], "0x" + selector(error).hex())


def _warned(seen: Named) -> str:
    warnings = [(w["code"].text, w["seller_id"].raw) for w in seen.others.look_alike["warnings"]]
    return holds(("looks_like_seller", seen.store_id) in warnings, warnings)


CHECKS = about(
    _STORY,
    lambda e: e.named,
    (
        "the first suggestion is what was wished for",
        lambda e: same(_suggested(e.suggested)[:1], [f"{e.wish}.eth"]),
    ),
    ("the registrar gives away whatever was suggested", _all_free),
    ("a name that is held is not suggested", _taken_left_out),
    ("nobody held the name, however it is spelled", _before),
    ("the registrar took the price that was suggested", _price),
    ("on the chain the name is the seller's and stands for the wallet", _on_chain),
    ("the API says of the name what the chain says", _looked_up),
    ("the name is verified at once, as its wallet has signed in", _at_once),
    ("the store's public page shows it at once, as another version", _shown),
    ("a client that has the page from before gets the new one", _cached),
    ("one row says whose it is, in a block of the chain", _proved),
    ("it is kept until it expires on the chain", _expiry_kept),
    ("the outbox told of it once", _told_once),
    ("an edit on the present version is on the public page", _edited),
    (
        "an edit on a former version is refused",
        lambda e: same(e.edited.repeated.brief, "412 stale_version"),
    ),
    (
        "the name is shown after the edit",
        lambda e: same(e.edited.page.document["ens_name"].raw, e.name),
    ),
    ("another store is asked for the wallet's signature", _challenged),
    (
        "another wallet's signature proves nothing",
        lambda e: same(e.others.forged.brief, "422 signature_mismatch"),
    ),
    (
        "another wallet's proof of itself proves nothing either",
        lambda e: same(e.others.of_itself.brief, "422 wrong_wallet"),
    ),
    (
        "who has no store cannot show it",
        lambda e: same(e.others.without_store.brief, "409 ens_store_needed"),
    ),
    (
        "the registrar gives it to nobody else",
        lambda e: _reverts(e.others.registering, "NotAvailable(string)"),
    ),
    (
        "the resolver lets nobody else point it",
        lambda e: _reverts(e.others.pointing, "NotAuthorised(bytes32,address)"),
    ),
    ("whoever looks a similar name up is warned of the store", _warned),
    ("after all that it is this store's", _still_shown),
)
