"""Nothing but what is listed speaks to servers that strangers name."""

import pytest

from .robots.fetching import FETCHES, find_other_clients, find_unlisted_fetchers
from .robots.tree import ROOT, SOUK, listing, snippet, sources

SELLERS = f"{SOUK}/modules/sellers/service.py"


def test_nothing_connects_but_through_the_fetcher() -> None:
    assert listing(find_other_clients(sources(SOUK))) == ""


def test_whoever_fetches_is_listed() -> None:
    assert listing(find_unlisted_fetchers(sources(SOUK))) == ""
    assert [path for path in FETCHES if not (ROOT / path).exists()] == []


@pytest.mark.pitfall("A12")
def test_website_of_a_store_is_fetched_by_nobody() -> None:
    """It is shown as it is written; a link of it is for those who follow it themselves."""
    fetching = {path: (ROOT / path).read_text("utf-8") for path in FETCHES}
    fetching.pop(f"{SOUK}/bootstrap/services.py")
    assert [path for path, text in fetching.items() if "website" in text] == []


@pytest.mark.parametrize(
    "text",
    ["import httpx\n", "import urllib.request\n", "from http.client import HTTPConnection\n"],
)
def test_flags_another_client(text: str) -> None:
    assert "PublicHttp" in listing(find_other_clients([snippet(text, SELLERS)]))


def test_passes_what_only_reads_addresses() -> None:
    text = "from urllib.parse import urlsplit\nfrom http import HTTPStatus\n"
    assert listing(find_other_clients([snippet(text, SELLERS)])) == ""


def test_flags_a_fetcher_that_is_not_listed() -> None:
    text = "class Previews:\n    def __init__(self, http: HttpFetcher): ...\n"
    assert "not listed" in listing(find_unlisted_fetchers([snippet(text, SELLERS)]))
