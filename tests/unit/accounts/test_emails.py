"""Addresses, codes and what is written to people."""

import pytest

from souk.modules.accounts.domain.emails import (
    EmailConfig,
    code_hash,
    new_code,
    normal_email,
    written,
)
from souk.modules.accounts.errors import MalformedEmail, TooManySignIns
from souk.modules.accounts.service import EmailGate

CONFIG = EmailConfig("souk.example", "https://souk.example/sign-in", b"k" * 32, 7)


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


def test_new_code_has_eight_digits():
    codes = {new_code() for _ in range(100)}
    assert len(codes) > 90
    assert all(len(code) == 8 and code.isdigit() for code in codes)


def test_code_hash_differs_by_message_key_and_code():
    other = EmailConfig("souk.example", "https://souk.example/sign-in", b"o" * 32, 7)
    hashes = {
        code_hash(CONFIG, "eml_1", "12345678"),
        code_hash(CONFIG, "eml_2", "12345678"),
        code_hash(CONFIG, "eml_1", "12345679"),
        code_hash(other, "eml_1", "12345678"),
    }
    assert len(hashes) == 4


def test_message_keeps_the_secret_of_its_link_from_servers():
    subject, body = written(CONFIG, "12345678", "secret")
    assert "1234 5678" in body
    assert "https://souk.example/sign-in#secret\n" in body
    assert "1234" not in subject


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
