"""The grammar of EIP-4361: what follows it is read, what does not is refused by field."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.addresses import checksum_address
from souk.modules.accounts.domain import SiweMessage
from souk.modules.accounts.domain.grammar import MAX_LENGTH, parse_message
from souk.modules.accounts.errors import MalformedSignInMessage

# The first example of the standard.
EXAMPLE = """\
example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""
FULL = EXAMPLE.replace(
    "Resources:",
    "Expiration Time: 2021-10-01T16:25:24.5+02:00\n"
    "Not Before: 2021-09-30T16:25:24-00:00\n"
    "Request ID: some%20id;a=b@c:d\n"
    "Resources:",
)
HEAD, _, TAIL = EXAMPLE.partition("I accept")
STATEMENT, _, AFTER = ("I accept" + TAIL).partition("\n")


def with_line(label, value, text=FULL):
    """The text with another value on the line that begins with this label."""
    lines = text.split("\n")
    (at,) = (n for n, line in enumerate(lines) if line.startswith(label))
    lines[at] = label + value
    return "\n".join(lines)


def with_domain(domain):
    return EXAMPLE.replace("example.com wants", f"{domain} wants", 1)


def test_parse_reads_every_field():
    message = parse_message(FULL)
    assert (message.scheme, message.domain) == (None, "example.com")
    assert message.address == "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
    assert message.statement == "I accept the ExampleOrg Terms of Service: https://example.com/tos"
    assert (message.uri, message.chain_id) == ("https://example.com/login", 1)
    assert (message.nonce, message.request_id) == ("32891756", "some%20id;a=b@c:d")
    assert message.issued_at == datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)
    assert message.expiration_time == datetime(2021, 10, 1, 14, 25, 24, 500_000, tzinfo=UTC)
    assert message.not_before == message.issued_at
    assert len(message.resources) == 2


@pytest.mark.parametrize(
    "domain",
    [
        "127.0.0.1",
        "localhost:3388",
        "user:pw@127.0.0.1:8080",
        "xn--mgbh0fb.example",
        "[::1]:8000",
        "[2001:db8::7]",
        "[v1.fe80::a]",
        "a%20b.example",
        "example.com:",
    ],
)
def test_parse_reads_the_domain_when_it_is_an_authority(domain):
    assert parse_message(with_domain(domain)).domain == domain


@pytest.mark.parametrize("scheme", ["https", "HTTP", "chrome-extension", "a+b.c"])
def test_parse_reads_the_scheme_when_there_is_one(scheme):
    message = parse_message(with_domain(f"{scheme}://example.com"))
    assert (message.scheme, message.domain) == (scheme, "example.com")


@pytest.mark.parametrize(
    ("between", "statement"),
    [("\n", None), ("\n\n", ""), ("A b.\n\n", "A b."), (":/?#[]@!$&'()*+,;= -._~\n\n", ...)],
)
def test_parse_reads_the_statement_when_it_is_there_or_not(between, statement):
    expected = between.strip("\n") if statement is ... else statement
    assert parse_message(HEAD + between + AFTER.strip("\n")).statement == expected


@pytest.mark.parametrize(
    "end", ["", "\nResources:", "\nRequest ID: ", "\nRequest ID: \nResources:"]
)
def test_parse_reads_the_message_when_optional_lines_are_absent_or_empty(end):
    message = parse_message(EXAMPLE.partition("\nResources:")[0] + end)
    assert message.resources == (() if "Resources" in end else None)
    assert message.request_id == ("" if "Request" in end else None)


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com",
        "https://example.com:8080/a/b?c=d&e=/?#f/?",
        "https://user@[::1]/",
        "urn:isbn:0451450523",
        "did:key:z6Mk",
        "mailto:a@example.com",
        "file:///etc",
        "a:/",
        "a:",
        "a:/b//c",
        "https://",
        "x:?q#f",
        "https://example.com/%C3%A9",
    ],
)
def test_parse_reads_the_uri_when_it_follows_rfc_3986(uri):
    assert parse_message(with_line("URI: ", uri)).uri == uri


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-09-30t16:25:24z", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30T16:25:24.123456789Z", datetime(2021, 9, 30, 16, 25, 24, 123_456, UTC)),
        ("2021-09-30T00:00:00+23:59", datetime(2021, 9, 29, 0, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_parse_reads_the_time_when_it_follows_rfc_3339(text, instant):
    assert parse_message(with_line("Issued At: ", text)).issued_at == instant


WRONG_LINES = {
    "URI: ": [
        "",
        "example.com",
        "_not_a_uri_",
        "https://example.com/a b",
        "https://example.com/%zz",
        "https://exa\\mple.com",
        "https://[::1",
        "https://[:::1]",
        "https://[fe80::1%25eth0]",
        "https://a@b@c",
        "https://example.com/é",
        "1a:b",
        " https://example.com",
    ],
    "Version: ": ["", "2", "01", "1 ", "1.0"],
    "Chain ID: ": ["", "0", "00", "-1", "+1", "1.0", "0x1", "?", "\u0661", "\u00b2", "9" * 5000],
    "Nonce: ": ["", "1234567", "12345678-", "1234 5678", "١٢٣٤٥٦٧٨", "é" * 8],
    "Issued At: ": [
        "",
        "Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)",
        "2021-09-30",
        "2021-09-30 16:25:24Z",
        "2021-09-30T16:25:24",
        "2021-09-30T16:25Z",
        "2021-9-30T16:25:24Z",
        "2021-13-01T00:00:00Z",
        "2021-02-29T00:00:00Z",
        "2021-09-30T24:00:00Z",
        "2021-09-30T16:25:61Z",
        "2021-09-30T16:25:24.Z",
        "2021-09-30T16:25:24+24:00",
        "2021-09-30T16:25:24+02:60",
        "2021-09-30T16:25:24+0200",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-23:59",
        "\uff12\uff10\uff12\uff11-09-30T16:25:24Z",
    ],
    "Expiration Time: ": ["", "tomorrow"],
    "Not Before: ": ["", "yesterday"],
    "Request ID: ": ["a b", "a/b", "é", "%"],
    "- ipfs": ["", "://a b", "://bafy - https://example.com"],
}


@pytest.mark.parametrize(
    ("label", "value"),
    [(label, value) for label, values in WRONG_LINES.items() for value in values],
    ids=lambda text: ascii(text)[:40],
)
def test_parse_names_the_field_when_its_value_is_wrong(label, value):
    with pytest.raises(MalformedSignInMessage) as refused:
        parse_message(with_line(label, value))
    field = "Resources" if label.startswith("-") else label.removesuffix(": ")
    assert refused.value.context["field"] == field


@pytest.mark.parametrize("line", FULL.split("\n"), ids=lambda line: line[:24] or "blank")
def test_parse_refuses_when_a_required_line_is_missing(line):
    optional = ("Expiration", "Not Before", "Request ID", "- ", "I accept")
    if line.startswith(optional):
        return
    with pytest.raises(MalformedSignInMessage):
        parse_message(FULL.replace(line + "\n", "", 1))


SWAPS = [
    ("URI", "Version"),
    ("Version", "Chain ID"),
    ("Chain ID", "Nonce"),
    ("Nonce", "Issued At"),
    ("Issued At", "Expiration Time"),
    ("Expiration Time", "Not Before"),
    ("Not Before", "Request ID"),
    ("Request ID", "Resources"),
]


@pytest.mark.parametrize("pair", SWAPS, ids=str)
def test_parse_refuses_when_two_lines_change_places(pair):
    lines = FULL.split("\n")
    first, second = (next(n for n, x in enumerate(lines) if x.startswith(p)) for p in pair)
    lines[first], lines[second] = lines[second], lines[first]
    with pytest.raises(MalformedSignInMessage):
        parse_message("\n".join(lines))


@pytest.mark.parametrize("label", [pair[0] + ": " for pair in SWAPS])
def test_parse_refuses_when_a_line_comes_twice(label):
    line = next(line for line in FULL.split("\n") if line.startswith(label))
    with pytest.raises(MalformedSignInMessage):
        parse_message(FULL.replace(line, f"{line}\n{line}"))


REFUSED = {
    "empty": "",
    "no_domain": with_domain(""),
    "spaced_domain": with_domain("exam ple.com"),
    "empty_host": with_domain("user@:80"),
    "empty_scheme": with_domain("://example.com"),
    "path_in_domain": with_domain("example.com/login"),
    "letters_in_port": with_domain("example.com:port"),
    "zone_in_domain": with_domain("[fe80::1%eth0]"),
    "open_bracket": with_domain("[::1"),
    "other_heading": EXAMPLE.replace("Ethereum", "Solana"),
    "heading_alone": "example.com wants you to sign in with your Ethereum account:",
    "lower_case_address": EXAMPLE.replace("0xC02aaA39", "0xc02aaa39"),
    "lower_address": EXAMPLE.replace(
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    ),
    "short_address": EXAMPLE.replace("6Cc2\n", "6Cc\n"),
    "no_address": EXAMPLE.replace("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", ""),
    "blank_line_more": EXAMPLE.replace("\n\nI accept", "\n\n\nI accept"),
    "blank_line_less": EXAMPLE.replace("tos\n\nURI", "tos\nURI"),
    "four_blank_lines": HEAD + "\n\n\n" + AFTER.strip("\n"),
    "statement_in_two_lines": EXAMPLE.replace("Service: ", "Service:\n"),
    "quote_in_statement": EXAMPLE.replace("I accept", 'I "accept"'),
    "accent_in_statement": EXAMPLE.replace("I accept", "I áccept"),
    "control_in_statement": EXAMPLE.replace("I accept", "I\x00accept"),
    "carriage_returns": EXAMPLE.replace("\n", "\r\n"),
    "line_at_the_end": EXAMPLE + "\n",
    "line_after_resources": EXAMPLE + "\nRequest ID: a",
    "space_at_the_end": EXAMPLE + " ",
    "unknown_line": EXAMPLE.replace("Resources:", "Colour: green\nResources:"),
    "spaced_label": EXAMPLE.replace("Nonce: ", "Nonce:"),
    "lower_label": EXAMPLE.replace("Nonce: ", "nonce: "),
    "too_long": EXAMPLE + "\n- a:" + "b" * MAX_LENGTH,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_parse_refuses_when_the_text_is_no_message(text):
    with pytest.raises(MalformedSignInMessage):
        parse_message(text)


@given(st.text(max_size=200))
def test_parse_never_fails_otherwise_when_the_text_is_junk(text):
    with pytest.raises(MalformedSignInMessage):
        parse_message(text)


@given(st.integers(0, len(FULL) - 1), st.characters())
def test_parse_reads_or_refuses_when_one_character_is_altered(at, character):
    try:
        parse_message(FULL[:at] + character + FULL[at + 1 :])
    except MalformedSignInMessage as refusal:
        assert refusal.context["field"]  # noqa: PT017 - either outcome is right, no other is


milliseconds = st.integers(0, 10**14).map(
    lambda past: datetime(1, 1, 2, tzinfo=UTC) + timedelta(milliseconds=past)
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def words(alphabet, least=0, most=12):
    return st.text(alphabet, min_size=least, max_size=most)


hosts = st.builds("{}.{}".format, words(LETTERS + DIGITS + "-", 1), words(LETTERS, 2))
uris = st.builds("https://{}/{}?{}".format, hosts, words(LETTERS + "/~:@"), words(DIGITS + "/?"))
messages = st.builds(
    SiweMessage,
    scheme=st.none() | words(LETTERS, 1),
    domain=hosts | st.builds("{}:{}".format, hosts, st.integers(1, 65535)),
    address=st.binary(min_size=20, max_size=20).map(lambda raw: checksum_address("0x" + raw.hex())),
    statement=st.none() | words(LETTERS + " ,.:/?!#[]@$&'()*+;=-_~", most=40),
    uri=uris,
    chain_id=st.integers(1, 2**256 - 1),
    nonce=words(LETTERS + LETTERS.upper() + DIGITS, 8, 40),
    issued_at=milliseconds,
    expiration_time=st.none() | milliseconds,
    not_before=st.none() | milliseconds,
    request_id=st.none() | words(LETTERS + ":@="),
    resources=st.none() | st.lists(uris, max_size=3).map(tuple),
)


@given(messages)
def test_parse_gives_back_what_render_wrote(message):
    assert parse_message(message.render()) == message


def test_times_are_compared_as_instants_whatever_their_zone():
    message = parse_message(with_line("Issued At: ", "2021-09-30T18:25:24+02:00"))
    assert message.issued_at.utcoffset() == timedelta()
