"""Text that somebody writes and others read: its normal form, and what it must not hold.

Characters that nobody sees, or that turn the text around them, let one store's name pass for
another's. Told by the general categories of the Unicode standard (UAX #44).
"""

import re
import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# Drawn as nothing, though they count as letters, marks and a symbol.
_BLANK = frozenset(
    "\U0001d159\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
# They join and part letters of some scripts and pieces of some emoji; between Latin letters they
# do nothing that anybody could see.
_JOINERS = frozenset("\u200c\u200d")
_LATIN_ENDS = "\u0300"
# They choose how the sign before them is drawn (UTS #51), or that of a key cap; after letters they
# are seen by nobody.
_STYLES = frozenset("\ufe0e\ufe0f")
_KEY_CAP = "\u20e3"
_SELECTORS = re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]")
_MOST_MARKS = 4
_SEEN = frozenset("LNS")
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def one_line(text: str) -> str:
    """The normal form of a line: NFC (UAX #15), no space around it, one between words."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def many_lines(text: str) -> str:
    """The normal form of a text: NFC, nothing but `\\n` between its lines."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def find_unreadable(text: str) -> str | None:
    """What a reader could not see, as the standard numbers it, such as `U+200B`; `None` when there
    is nothing of the kind. A line's end is no fault."""
    for before, mark, after in zip(f" {text}", text, f"{text} "[1:], strict=False):
        if mark in _JOINERS and min(before, after) >= _LATIN_ENDS:
            continue
        if mark in _STYLES and (after == _KEY_CAP or unicodedata.category(before)[0] in "SP"):
            continue
        if _is_hidden(mark):
            return f"U+{ord(mark):04X}"
    return _find_heap(text)


def is_seen(text: str) -> bool:
    """Whether there is a letter, a digit or a symbol in it."""
    return any(unicodedata.category(mark)[0] in _SEEN and mark not in _BLANK for mark in text)


def _is_hidden(mark: str) -> bool:
    if mark in _BLANK or mark in _STYLES or _SELECTORS.match(mark):
        return True
    return unicodedata.category(mark) in _INVISIBLE and mark != "\n"


def _find_heap(text: str) -> str | None:
    """The mark that is one too many on one letter: heaps of them cover the lines around."""
    heap = 0
    for mark in text:
        heap = heap + 1 if unicodedata.category(mark) in ("Mn", "Me") else 0
        if heap > _MOST_MARKS:
            return f"U+{ord(mark):04X}"
    return None
