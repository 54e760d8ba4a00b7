"""What text must not hold."""

import unicodedata

import pytest

from souk.core.wording import find_unreadable, is_seen, many_lines, one_line

UNREADABLE = {
    "a control": "\x07",
    "a tab": "\t",
    "a zero-width space": "\u200b",
    "a soft hyphen": "\u00ad",
    "a word joiner": "\u2060",
    "a byte order mark": "\ufeff",
    "a turn of direction": "\u202e",
    "an isolate": "\u2067",
    "a line separator": "\u2028",
    "a Hangul filler": "\u3164",
    "an empty Braille cell": "\u2800",
    "a tag": "\U000e0041",
    "a private character": "\ue000",
    "a character that is none": "\ufdd0",
    "half a pair": "\ud800",
    "an annotation anchor": "\ufff9",
    "a joiner between Latin letters": "\u200d",
    "a choice of style for a letter": "\ufe0f",
    "a variation selector": "\ufe01",
    "another variation selector": "\U000e0100",
    "an empty note": "\U0001d159",
    "a heap of marks": "\u0301" * 5,
}


@pytest.mark.parametrize("hidden", UNREADABLE.values(), ids=UNREADABLE)
def test_finds_what_nobody_can_see(hidden: str) -> None:
    assert find_unreadable(f"Sofia{hidden}s shop") == f"U+{ord(hidden[0]):04X}"


@pytest.mark.parametrize(
    "text",
    [
        "Sofia's shop",
        "two\nlines",
        "Ħwawar u ħlewwiet",
        "Tiệm bánh Phở",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48",
        "\U0001f469\u200d\U0001f680 and \u2764\ufe0f\u200d\U0001f525",
        "\u6f22\u5b57 \ud55c\uae00",
        "1\ufe0f\u20e3 and \u00a9\ufe0f",
    ],
)
def test_finds_nothing_in_what_people_write(text: str) -> None:
    assert find_unreadable(unicodedata.normalize("NFC", text)) is None


def test_brings_a_line_into_its_normal_form() -> None:
    assert one_line("  Cafe\u0301\u00a0 \u3000du port ") == "Caf\u00e9 du port"


def test_brings_lines_into_their_normal_form() -> None:
    assert many_lines(" Cafe\u0301\r\n  du port\n") == "Caf\u00e9\n  du port"


@pytest.mark.parametrize(("text", "seen"), [("a", True), ("7", True), ("\U0001f335", True),
    ("\u3164", False), ("...", False), ("", False)])  # fmt: skip
def test_tells_whether_there_is_something_to_see(text: str, seen: bool) -> None:
    assert is_seen(text) is seen
