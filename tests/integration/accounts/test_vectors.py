"""EIP-4361 by the vectors that its authors publish, all of them.

They spell addresses in small letters, which the standard has since refused; so each is also read
with the checksum of EIP-55 put in."""

from datetime import datetime, timedelta

import pytest

from souk.core.addresses import checksum_address
from souk.modules.accounts import repository
from souk.modules.accounts.domain import SignInConfig
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.errors import (
    MalformedSignature,
    MalformedSignInMessage,
    MessageExpired,
    SignatureMismatch,
)
from tests.support.account_builders import accounts_on
from tests.support.vectors import siwe

LOGIN = SignInConfig("login.xyz", "https://login.xyz", (1,), session_days=7, nonce_seconds=600)
READ = siwe("parsing_positive")
UNREAD = siwe("parsing_negative")
SIGNED = siwe("validation_positive")
REFUSED = siwe("validation_negative")
# The signature of the expired one is of another text as well, but its time is looked at first.
WHY = {
    "expired message": MessageExpired,
    "malformed signature": MalformedSignature,
    "wrong signature": SignatureMismatch,
    "invalid expiration time": MalformedSignInMessage,
}


def with_checksum(text: str) -> str:
    address = text.split("\n")[1]
    return text.replace(address, checksum_address(address))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("title", READ)
def test_reads_what_is_to_be_read(title):
    text, fields = with_checksum(READ[title]["message"]), READ[title]["fields"]
    message = parse_message(text)
    assert message.address == checksum_address(fields["address"])
    assert message.issued_at == instant(fields["issuedAt"])
    assert message.resources == (tuple(fields["resources"]) if "resources" in fields else None)
    told = (message.domain, message.statement, message.uri, message.chain_id, message.nonce)
    names = ("domain", "statement", "uri", "chainId", "nonce")
    assert told == tuple(fields.get(name) for name in names)


@pytest.mark.parametrize("text", [vector["message"] for vector in READ.values()], ids=list(READ))
def test_refuses_an_address_without_its_checksum(text):
    with pytest.raises(MalformedSignInMessage) as refusal:
        parse_message(text)
    assert refusal.value.context["field"] == "the address"


@pytest.mark.parametrize("title", UNREAD)
def test_refuses_what_is_no_message(title):
    for text in (UNREAD[title], with_checksum(UNREAD[title])):
        with pytest.raises(MalformedSignInMessage):
            parse_message(text)


def sign_in(uow, clock, vector):
    """Half a minute after the message was made, with its nonce given out before."""
    clock.advance(seconds=(instant(vector["issuedAt"]) - clock.now()).total_seconds() + 30)
    with uow.begin() as tx:
        repository.add_nonce(tx, vector["nonce"], tx.now + timedelta(minutes=5))
        tx.commit()
    text = (
        "{domain} wants you to sign in with your Ethereum account:\n{address}\n\n{statement}\n\n"
        "URI: {uri}\nVersion: {version}\nChain ID: {chainId}\nNonce: {nonce}\n"
        "Issued At: {issuedAt}\nExpiration Time: {expirationTime}"
    ).format_map(vector)
    return accounts_on(uow, LOGIN).sign_in(text, vector["signature"])


@pytest.mark.parametrize("title", SIGNED)
def test_signs_in_by_what_was_signed(uow, clock, title):
    assert sign_in(uow, clock, SIGNED[title]).wallet == SIGNED[title]["address"]


@pytest.mark.parametrize("title", REFUSED)
def test_refuses_what_proves_nothing(uow, clock, title):
    with pytest.raises(WHY[title]):
        sign_in(uow, clock, REFUSED[title])
