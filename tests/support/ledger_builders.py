"""Entries as payments make them, and books looked at past the product's own code."""

from itertools import count

from sqlalchemy import text

from souk.modules.ledger.domain import (
    AccountKind,
    EntryDraft,
    Flow,
    Stage,
    charge_back_postings,
    hold_postings,
    loss_postings,
    recover_postings,
    refund_postings,
    reimburse_postings,
    release_postings,
)
from tests.support.clock import START

ETH = "eip155:31337/slip44:60"
TUSD = "eip155:31337/erc20:0x5FbDB2315678afecb367f032d93F642f64180aa3"
_numbers = count(1)


def a_hold(amount: int = 1_000, *, stage: Stage = Stage.POSTED, **fields) -> EntryDraft:
    """The buyer `acc_buyer` pays into the leg `leg_one` of the order `ord_one`."""
    return _entry(Flow.HOLD, fields, lambda f: hold_postings(amount=amount, stage=stage, **f))


def a_release(amount: int = 1_000, *, fee: int = 25, stage=Stage.POSTED, **fields) -> EntryDraft:
    """Escrow pays `sel_one`."""
    return _entry(
        Flow.RELEASE,
        fields,
        lambda f: release_postings(
            amount=amount,
            fee=fee,
            stage=stage,
            seller="sel_one",
            holder=f["holder"],
            asset=f["asset"],
        ),
    )


def a_refund(amount: int = 1_000, *, stage: Stage = Stage.POSTED, **fields) -> EntryDraft:
    """Escrow pays the buyer back."""
    return _entry(Flow.REFUND, fields, lambda f: refund_postings(amount=amount, stage=stage, **f))


def a_reimbursement(amount: int = 1_000, *, stage: Stage = Stage.POSTED, **fields) -> EntryDraft:
    """`sel_one` pays the buyer back."""
    return _entry(
        Flow.REIMBURSE,
        fields,
        lambda f: reimburse_postings(
            amount=amount,
            stage=stage,
            seller="sel_one",
            payer=AccountKind.SELLER,
            buyer=f["buyer"],
            asset=f["asset"],
        ),
    )


def a_chargeback(amount: int = 1_000, *, from_held: int, **fields) -> EntryDraft:
    """The buyer's bank takes money back, so much of it out of escrow."""
    stage = fields.pop("stage", Stage.POSTED)
    return _entry(
        Flow.CHARGE_BACK,
        fields,
        lambda f: charge_back_postings(
            amount=amount, from_held=from_held, seller="sel_one", stage=stage, **f
        ),
    )


def a_loss(amount: int = 1_000, *, stage: Stage = Stage.POSTED, **fields) -> EntryDraft:
    """The buyer gets more than there was."""
    return _entry(Flow.LOSE, fields, lambda f: loss_postings(f["buyer"], f["asset"], amount, stage))


def a_recovery(amount: int = 1_000, *, stage: Stage = Stage.POSTED, **fields) -> EntryDraft:
    """`sel_one` gives back what the buyer has got meanwhile."""
    return _entry(
        Flow.RECOVER, fields, lambda f: recover_postings("sel_one", f["asset"], amount, stage)
    )


def _entry(flow: Flow, fields: dict, postings) -> EntryDraft:
    holder = fields.pop("holder", "leg_one")
    asset = fields.pop("asset", ETH)
    reference = f"entry {next(_numbers)}"
    defaults = {
        "external_reference": reference,
        "effect_reference": f"effect of {reference}",
        "order_id": "ord_one",
        "occurred_at": START,
    }
    return EntryDraft(
        **{**defaults, **fields},
        flow=flow,
        holder=holder,
        postings=postings({"buyer": "acc_buyer", "holder": holder, "asset": asset}),
    )


def balances_of(session) -> dict[tuple[str, str, str], int]:
    """Balances that are not zero, by account kind, owner and stage."""
    rows = session.execute(
        text(
            "SELECT a.kind, a.owner, p.stage, sum(p.amount) AS balance FROM ledger_posting p"
            " JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2, 3"
        )
    )
    return {(r.kind, r.owner, r.stage): int(r.balance) for r in rows if r.balance}
