"""Addresses, codes and what is written to people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from souk.modules.accounts.domain.emails import (
    Enclosed,
    already_taken,
    code_hash,
    enclosed,
    normal_email,
    to_add,
    to_sign_in,
    wait_after,
)
from souk.modules.accounts.errors import MalformedEmail, TooManySignIns
from souk.modules.accounts.service import EmailGate
from tests.support.letterbox import EMAILS

OTHER = replace(EMAILS, key=b"o" * 32)
INSIDE = Enclosed("12345678", "secret")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada.Lovelace+souk@Mail.Example ", "ada.lovelace+souk@mail.example"),
        ("o'hara@xn--mgbh0fb.example", "o'hara@xn--mgbh0fb.example"),
    ],
)
def test_normal_email_is_in_small_letters(text, normal):
    assert normal_email(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@exa mple.com",
        "a da@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada@-example.com",
        "ada@example..com",
        "ada@example.com\nBcc: eve@evil.example",
        "ada@example.com,eve@evil.example",
        "Ada <ada@example.com>",
        '"a da"@example.com',
        "ada@[127.0.0.1]",
        "ädä@example.com",
        "ada@exämple.com",
        "a" * 65 + "@example.com",
        "ada@" + "a." * 125 + "com",
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_normal_email_refuses_when_it_is_none(text):
    with pytest.raises(MalformedEmail):
        normal_email(text)


def test_enclosed_is_the_same_when_a_letter_is_sent_again():
    assert enclosed(EMAILS, "eml_1", b"seed") == enclosed(EMAILS, "eml_1", b"seed")


def test_enclosed_differs_by_key_letter_and_seed():
    made = [
        enclosed(EMAILS, "eml_1", b"seed"),
        enclosed(OTHER, "eml_1", b"seed"),
        enclosed(EMAILS, "eml_2", b"seed"),
        enclosed(EMAILS, "eml_1", b"deed"),
    ]
    assert len({one.code for one in made}) == len({one.link for one in made}) == len(made)


def test_enclosed_is_eight_digits_and_256_bits():
    made = [enclosed(EMAILS, f"eml_{n}", b"seed") for n in range(100)]
    assert all(len(one.code) == 8 and one.code.isdigit() for one in made)
    assert {len(one.link) for one in made} == {43}


def test_code_hash_differs_by_message_key_and_code():
    hashes = {
        code_hash(EMAILS, "eml_1", "12345678"),
        code_hash(EMAILS, "eml_2", "12345678"),
        code_hash(EMAILS, "eml_1", "12345679"),
        code_hash(OTHER, "eml_1", "12345678"),
    }
    assert len(hashes) == 4


@pytest.mark.parametrize(("write", "page"), [(to_sign_in, "sign-in"), (to_add, "confirm-email")])
def test_letter_keeps_the_secret_of_its_link_from_servers(write, page):
    letter = write(EMAILS, INSIDE)
    assert "1234 5678" in letter.body
    assert f"https://souk.example/{page}#secret\n" in letter.body
    assert "1234" not in letter.subject


def test_letter_of_an_address_that_is_taken_holds_nothing_to_prove_it_by():
    letter = already_taken(EMAILS)
    assert "#" not in letter.body
    assert not any(character.isdigit() for character in letter.body)


def test_wait_grows_to_a_minute():
    waits = [wait_after(tries) / timedelta(seconds=1) for tries in (1, 2, 5, 6, 100)]
    assert waits == [2, 4, 32, 60, 60]


def test_gate_counts_messages_by_network_and_hour():
    class Limiter:
        taken = ()

        def take(self, *key, **limits):
            self.taken = (*key, limits)
            return 7

    limiter = Limiter()
    with pytest.raises(TooManySignIns):
        EmailGate(limiter, per_hour=20).admit("2001:db8:1:2:aaaa::1")
    assert limiter.taken == ("email:2001:db8:1:2::/64", {"limit": 20, "per_seconds": 3_600})
