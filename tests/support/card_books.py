"""What a shop's money came to: as it is stored, and as the provider has it."""

from collections.abc import Sequence

from sqlalchemy import text

from tests.support.card_shop import CardShop


def standing(shop: CardShop) -> tuple[object, ...]:
    """Everything stored that must not depend on the order or the number of messages."""
    return (
        _legs(shop),
        balances(shop),
        [shop.sees.status(order) for order in shop.orders],
        [shop.sees.money(order) for order in shop.orders],
        shop.sees.state(),
        shop.sees.attempts(),
        shop.sees.holds(),
        shop.sees.refunds(),
    )


def _rows(shop: CardShop, sql: str, **values: object) -> list[tuple[object, ...]]:
    with shop.uow.begin() as tx:
        return [tuple(row) for row in tx.session.execute(text(sql), values)]


def _legs(shop: CardShop) -> Sequence[tuple[object, ...]]:
    figures = "status, held, released, refunded, reimbursed, charged_back, fee, deadline, duplicate"
    return _rows(
        shop,
        f"SELECT {figures} FROM payment_attempt_leg WHERE payment_id = :id ORDER BY id",
        id=shop.payment_id,
    )


def balances(shop: CardShop) -> dict[tuple[str, str], int]:
    """What all accounts of a kind hold in each stage, those that hold nothing left out."""
    rows = _rows(
        shop,
        "SELECT a.kind, p.stage, sum(p.amount) FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2",
    )
    return {(str(kind), str(stage)): int(str(sum_)) for kind, stage, sum_ in rows if sum_}
