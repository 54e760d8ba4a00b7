"""The pure rules of names."""

from datetime import UTC, datetime, timedelta

import pytest

from souk.core.addresses import Address
from souk.modules.names.domain import (
    EnsName,
    Evidence,
    Fault,
    Letterhead,
    NameRecord,
    NameState,
    Notice,
    find_fault,
    labels_near,
    written,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WALLET = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
OTHER = Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")


def a_record(**fields) -> NameRecord:
    block = Evidence(1, 7, "0x07", NOW)
    defaults = {
        "address": WALLET,
        "owner": WALLET,
        "expires_at": NOW + timedelta(days=1),
        "graced": True,
    }
    return NameRecord(name=EnsName("fig.eth"), block=block, **{**defaults, **fields})


@pytest.mark.pitfall("A10")
@pytest.mark.parametrize(
    ("seconds", "graced", "state"),
    [
        (1, True, NameState.HELD),
        (0, True, NameState.GRACE_PERIOD),
        (-90 * 86_400, True, NameState.GRACE_PERIOD),
        (-90 * 86_400 - 1, True, NameState.FREE),
        (0, False, NameState.EXPIRED),
    ],
)
def test_name_is_held_until_the_second_in_which_it_expires(seconds, graced, state):
    record = a_record(expires_at=NOW + timedelta(seconds=seconds), graced=graced)

    assert record.state is state
    assert (find_fault(record, WALLET) is None) == (state is NameState.HELD)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, None),
        ({"expires_at": None, "graced": False}, None),
        ({"owner": None}, Fault.NOT_HELD),
        ({"address": None}, Fault.NO_ADDRESS),
        ({"address": None, "off_chain": True}, Fault.OFF_CHAIN),
        ({"address": OTHER}, Fault.REPOINTED),
    ],
)
def test_fault_says_what_keeps_a_name_from_being_shown(fields, fault):
    assert find_fault(a_record(**fields), WALLET) is fault


def test_every_fault_has_a_sentence():
    assert all(fault.sentence for fault in Fault)


def test_labels_near_begin_with_the_label_and_keep_the_rules_of_the_registrar():
    near = labels_near("fig")

    assert near[0] == "fig"
    assert {"figshop", "thefig", "fig-shop"} <= set(near)
    assert all(3 <= len(label) <= 32 for label in near)
    assert labels_near("x")[0] == "xshop"


@pytest.mark.parametrize("fault", Fault)
def test_payouts_are_frozen_where_somebody_else_has_done_it(fault):
    harmless = {Fault.REPLACED, Fault.WALLET_GONE, Fault.OFF_CHAIN}

    assert fault.freezes_payouts is (fault not in harmless)


@pytest.mark.parametrize("fault", Fault)
def test_letter_names_the_name_and_says_why(fault):
    notice = Notice(
        seller_id="sel_1",
        account_id="acc_1",
        name=EnsName("fig.eth"),
        reason=fault,
        payout_frozen_until=None,
    )

    subject, body = written(Letterhead("souk.example", "https://souk.example"), "Figs", notice)

    assert subject == "Your store does not show fig.eth any more"
    assert f"Why: {fault.sentence}." in body
