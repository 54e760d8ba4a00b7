"""What an address of the web points to, before anybody is asked."""

import pytest

from souk.adapters.http.targets import Policy, Target
from souk.core.errors import ProviderRejected

STRICT = Policy()
AT_HOME = Policy(to_loopback=True)


@pytest.mark.parametrize(
    ("url", "expected", "authority"),
    [
        (
            "https://shop.example/hooks?store=1",
            Target("https", "shop.example", 443, "/hooks?store=1"),
            "shop.example",
        ),
        (
            "HTTPS://Shop.Example:8443",
            Target("https", "shop.example", 8443, "/"),
            "shop.example:8443",
        ),
        ("https://shop.example:443/", Target("https", "shop.example", 443, "/"), "shop.example"),
        (
            "https://[2606:4700::1111]:8443/x",
            Target("https", "2606:4700::1111", 8443, "/x"),
            "[2606:4700::1111]:8443",
        ),
        (
            "https://xn--bcher-kva.example/",
            Target("https", "xn--bcher-kva.example", 443, "/"),
            None,
        ),
    ],
)
def test_target_is_what_the_url_says(url: str, expected: Target, authority: str | None) -> None:
    target = STRICT.target(url)
    assert target == expected
    assert authority in (None, target.authority)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "http://shop.example:443/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/_",
        "javascript:alert(1)",
        "https:shop.example",
        "//shop.example/",
        "shop.example",
        "https://",
        "https:///path",
        "https://shop.example:22/",
        "https://shop.example:80/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:8443x/",
        "https://me@shop.example/",
        "https://me:secret@shop.example/",
        "https://@shop.example/",
        "https://shop.example/#part",
        "https://shop.example\\@evil.example/",
        "https://shop.example/a b",
        "https://shop.example/\r\nX-Other: 1",
        "https://shop.example\t/",
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/",
        "https://\N{FULLWIDTH DIGIT ONE}27.0.0.1/",
        "https://localhost/",
        "https://shop/",
        "https://shop..example/",
        "https://-shop.example/",
        "https://shop.example%2f@evil.example/",
        "https://[::1/",
        "https://[shop.example]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.0.0.1./",
        "https://[fe80::1%25eth0]/",
    ],
)
@pytest.mark.pitfall("P21")
def test_url_is_refused(url: str) -> None:
    with pytest.raises(ProviderRejected):
        STRICT.target(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/",
        "http://localhost:9000/",
        "http://[::1]:9000/",
        "https://127.0.0.1/",
    ],
)
def test_loopback_is_a_target_for_development_alone(url: str) -> None:
    assert AT_HOME.target(url).scheme == url.partition(":")[0]
    with pytest.raises(ProviderRejected):
        STRICT.target(url)


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "http://169.254.169.254/",
        "https://169.254.169.254/",
        "http://127.0.0.1:22/",
        "https://shop.example:9000/",
        "http://[::ffff:127.0.0.1]:9000/",
    ],
)
def test_development_opens_nothing_but_the_loopback(url: str) -> None:
    with pytest.raises(ProviderRejected):
        AT_HOME.target(url)


@pytest.mark.pitfall("P21")
def test_name_without_tls_is_refused_when_it_leads_elsewhere_than_to_this_machine() -> None:
    target = AT_HOME.target("http://localhost:9000/")
    AT_HOME.require_address(target, "127.0.0.1")
    with pytest.raises(ProviderRejected):
        AT_HOME.require_address(target, "93.184.215.14")


@pytest.mark.pitfall("A12")
def test_hosts_that_are_listed_are_targets_and_no_others() -> None:
    listed = Policy(hosts={"ccip.example"})
    assert listed.target("https://CCIP.example/0x").port == 443
    for host in ("ccip.example.evil.example", "evil.example", "8.8.8.8", "ccip.example."):
        with pytest.raises(ProviderRejected):
            listed.target(f"https://{host}/")
