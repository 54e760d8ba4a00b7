"""What a letter's link leads to: the whole installation, from asking to the session."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.shop import Shop, shared_shop
from tests.support.stack import Databases
from tests.support.waiting import eventually

SECONDS = 30
LINK = re.compile(r"^http://shop\.test(/\S+)#(\S+)$", re.MULTILINE)


@pytest.fixture(name="shop", scope="module")
def one_shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running


def delivered(shop: Shop) -> tuple[str, str]:
    """Path and secret of the link in the letter that the worker of the timers sends next."""
    folder = shop.container.settings.paths.state_dir / "mail"
    known, until = set(folder.glob("*.eml")), time.monotonic() + SECONDS

    def waits() -> bool:
        return set(folder.glob("*.eml")) == known and time.monotonic() < until

    shop.container.loops["timers"].run(waits)
    (letter,) = set(folder.glob("*.eml")) - known
    # It is there before all of it is written.
    found = eventually(lambda: LINK.search(read(letter)))
    return found[1], found[2]


def read(letter: Path) -> str:
    message = message_from_bytes(letter.read_bytes(), policy=policy.default)
    return str(message.get_content())


def called_by_page(shop: Shop, path: str) -> str:
    """Where the script of a page sends the secret. The page and its script are served, and ask for
    nothing before somebody presses the button."""
    page = shop.api("GET", path)
    assert page.status_code == 200
    name = re.search(r'src="(/static/[\w-]+\.js)"', page.text)
    assert name is not None
    script = shop.api("GET", name[1]).text
    asked = re.search(r'fetch\("([^"]+)"', script)
    assert asked is not None
    pressed = script.index('addEventListener("click"')
    assert not re.search(r"^(await )?(signIn|confirm)\(\)", script, re.MULTILINE)
    assert script.rindex("history.replaceState") < pressed
    return asked[1]


def test_link_of_a_letter_signs_in(shop):
    shop.api("POST", "/api/auth/email/request", {"email": "ada@buyers.example"})
    page, secret = delivered(shop)
    assert page == "/sign-in"
    signed_in = shop.api("POST", called_by_page(shop, page), {"link": secret}).json()
    session = shop.api("GET", "/api/auth/session", token=signed_in["token"]).json()
    assert session["email"] == signed_in["email"] == "ada@buyers.example"


def test_link_of_a_letter_adds_an_address(shop):
    adele = shop.person("adele")
    asked = shop.ask(adele, "POST", "/api/auth/emails", {"email": "adele@buyers.example"})
    assert asked.status_code == 202
    page, secret = delivered(shop)
    assert page == "/confirm-email"
    added = shop.ask(adele, "POST", called_by_page(shop, page), {"link": secret})
    assert added.json() == {"account_id": adele.account_id, "address": "adele@buyers.example"}
    challenge = f"/api/auth/email/{asked.json()['challenge_id']}"
    eventually(lambda: shop.api("GET", challenge).json()["state"] == "sent")
