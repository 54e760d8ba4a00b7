"""Where e-mail goes, by the environment."""

import pytest
from pydantic import SecretStr, ValidationError

from souk.settings import MailSettings


@pytest.mark.parametrize(
    "url", ["smtp://mail.example", "smtps://souk:p%40ss@mail.example:465/", "smtp://[::1]:25"]
)
def test_takes_the_address_of_a_mail_server(url):
    assert MailSettings(smtp_url=SecretStr(url)).smtp_url == SecretStr(url)


@pytest.mark.parametrize("url", ["", "mail.example", "http://secret@mail.example", "smtp://"])
def test_refuses_another_address_and_does_not_repeat_it(url):
    with pytest.raises(ValidationError, match="SMTP_URL") as refused:
        MailSettings(smtp_url=SecretStr(url))
    assert "secret" not in str(refused.value)


def test_refuses_a_sender_that_would_begin_another_header():
    with pytest.raises(ValidationError, match="pattern"):
        MailSettings(mail_from="Souk <a@b.example>\nBcc: eve@evil.example")
