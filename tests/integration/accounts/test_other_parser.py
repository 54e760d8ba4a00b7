"""Messages of EIP-4361, read by us and by somebody else's parser."""

import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from souk.modules.accounts.domain import SiweMessage
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.errors import MalformedSignInMessage
from tests.unit.accounts.test_grammar import FULL, messages

with warnings.catch_warnings():
    # It builds its grammar out of the standards' rules, some of which it states twice.
    warnings.simplefilter("ignore")
    import siwe

# The same messages each time: where the two differ is known of these.
SAME = settings(derandomize=True, deadline=None)


def theirs(text: str) -> siwe.SiweMessage | None:
    try:
        return siwe.SiweMessage.from_message(text)
    except ValueError:
        return None


def ours(text: str) -> SiweMessage | None:
    try:
        return parse_message(text)
    except MalformedSignInMessage:
        return None


def text_fields(message) -> tuple:
    names = ("scheme", "domain", "address", "statement", "chain_id", "nonce", "request_id")
    return tuple(getattr(message, name) for name in names)


@SAME
@given(messages)
def test_other_parser_reads_what_we_render(message):
    # It knows no empty statement and no empty request id, which the grammar allows.
    assume(message.statement != "" and message.request_id != "")
    read = theirs(message.render())
    assert read is not None
    assert text_fields(read) == text_fields(message)
    assert [str(uri) for uri in read.resources or ()] == list(message.resources or ())


@SAME
@given(st.integers(0, len(FULL) - 1), st.characters(max_codepoint=0x2FF))
def test_both_parsers_refuse_alike_when_one_character_is_altered(at, character):
    text = FULL[:at] + character + FULL[at + 1 :]
    assert (ours(text) is None) == (theirs(text) is None)


@pytest.mark.parametrize("gone", FULL.split("\n"), ids=lambda line: line[:20] or "blank")
def test_both_parsers_refuse_alike_when_a_line_is_missing(gone):
    text = FULL.replace(gone + "\n", "", 1)
    assert (ours(text) is None) == (theirs(text) is None)
