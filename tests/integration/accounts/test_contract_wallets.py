"""Accounts of wallets that are contracts: on which chain one was proved decides whose it is."""

import pytest
from sqlalchemy import select

from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import WalletOfAnotherChain
from souk.modules.accounts.models import WalletRow
from souk.modules.accounts.service import Accounts
from tests.support.account_builders import SIGN_IN, a_message, a_wallet

LOCAL, MAIN = SIGN_IN.chain_ids


class Verifier:
    """Believes everything, and says what it was proved by."""

    def __init__(self) -> None:
        self.proof = Proof.CONTRACT

    def verify(self, *, message, signature, address, chain_id) -> Proof:
        return self.proof


@pytest.fixture
def verifier():
    return Verifier()


@pytest.fixture
def accounts(uow, verifier):
    return Accounts(uow, verifier, SIGN_IN)


def sign_in(accounts, chain_id):
    message = a_message(accounts.issue_nonce(), a_wallet(), chain_id=chain_id)
    return accounts.sign_in(message.render(), "0x")


def proved_on(session):
    session.expire_all()
    return session.scalars(select(WalletRow.chain_id)).one()


def test_sign_in_remembers_the_chain_when_a_contract_proved_the_wallet(accounts, session):
    first, second = sign_in(accounts, MAIN), sign_in(accounts, MAIN)
    assert first.account_id == second.account_id
    assert proved_on(session) == MAIN


@pytest.mark.pitfall("A6")
def test_sign_in_refuses_when_the_contract_stands_on_another_chain(accounts):
    sign_in(accounts, MAIN)
    with pytest.raises(WalletOfAnotherChain):
        sign_in(accounts, LOCAL)


@pytest.mark.pitfall("A6")
def test_sign_in_refuses_a_contract_when_the_wallet_was_proved_by_its_key(accounts, verifier):
    verifier.proof = Proof.KEY
    sign_in(accounts, MAIN)
    verifier.proof = Proof.CONTRACT
    with pytest.raises(WalletOfAnotherChain):
        sign_in(accounts, MAIN)


def test_sign_in_by_key_holds_on_every_chain_when_a_contract_was_asked_before(
    accounts, verifier, session
):
    first = sign_in(accounts, MAIN)
    verifier.proof = Proof.KEY
    assert sign_in(accounts, LOCAL).account_id == first.account_id
    assert proved_on(session) is None
