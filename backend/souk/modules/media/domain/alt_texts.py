"""What a picture shows, in words."""

from souk.core.wording import find_unreadable, one_line
from souk.modules.media.errors import AltTextUnfit

ALT_TEXT_LENGTH = 300


def normal_alt_text(text: str) -> str:
    """One line of up to 300 characters that can all be read. Raises `AltTextUnfit`."""
    line = one_line(text)
    if len(line) > ALT_TEXT_LENGTH or "\n" in line:
        raise AltTextUnfit(f"use one line of at most {ALT_TEXT_LENGTH} characters")
    unreadable = find_unreadable(line)
    if unreadable is not None:
        raise AltTextUnfit(f"take out the character {unreadable}, which nobody could see")
    return line
