"""Reading what a form sends in parts (RFC 7578), out of a file that holds all of it.

Every search begins where the last one ended, and a delimiter begins with the only CR in it, so that
the time is that of one look at each byte, whoever chose the bytes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from mmap import mmap

from souk.core.errors import MalformedError, TooLargeError, UnsupportedError

MAX_HEAD_BYTES = 2_048
"""The headers of one part."""
_BOUNDARY = re.compile(
    r"multipart/form-data\s*;(?:[^;]*;)?\s*boundary="
    r"(?:\"(?P<quoted>[0-9A-Za-z'()+_,./:=? -]{1,70})\"|(?P<bare>[0-9A-Za-z'+_.-]{1,70}))"
    r"\s*(?:;.*)?",
    re.IGNORECASE,
)
_DISPOSITION = re.compile(rb"(?:\A|\r\n)content-disposition:[ \t]*form-data([^\r]*)", re.IGNORECASE)
_NAME = re.compile(rb";\s*name=\"([^\"\r\n]{1,100})\"")
_FILE_NAME = re.compile(rb";\s*filename\*?=")
_LINE, _HEAD_END, _LAST = b"\r\n", b"\r\n\r\n", b"--"


class NotMultipart(UnsupportedError):
    """The body is no form that is sent in parts.

    Send `multipart/form-data`; whatever makes the body names its boundary as well.
    """

    code = "not_multipart"

    def __init__(self) -> None:
        super().__init__("send the body as multipart/form-data, with its boundary")


class MalformedParts(MalformedError):
    """The body breaks off, or is not divided as its boundary says.

    Have a library make the body, and send all of it.
    """

    code = "malformed_parts"

    def __init__(self) -> None:
        super().__init__("the body breaks off or is not divided as its boundary says")


class TooManyParts(TooLargeError):
    """The form has more parts than are taken at once."""

    code = "too_many_parts"

    def __init__(self, most: int) -> None:
        super().__init__(f"a form may have at most {most} parts", context={"limit": most})


class FieldTooLong(TooLargeError):
    """A field of the form is longer than any that is taken."""

    code = "field_too_long"

    def __init__(self, name: str, most: int) -> None:
        super().__init__(
            f"a field may have at most {most} bytes; was {name!r} to be a file?",
            context={"limit": most},
        )


class UnknownPart(MalformedError):
    """The form has a part that nothing is done with.

    Send the fields and files that `detail` names, and no others.
    """

    code = "unknown_part"

    def __init__(self, name: str, known: Mapping[str, bool]) -> None:
        fields = ", ".join(sorted(name for name, is_file in known.items() if not is_file))
        files = ", ".join(sorted(name for name, is_file in known.items() if is_file))
        super().__init__(f"{name!r} is not taken; send the fields {fields} and the files {files}")


@dataclass(frozen=True, slots=True)
class Part:
    """One field, or one file, and where its bytes are."""

    name: str
    is_file: bool
    start: int
    end: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.end - self.start


def find_boundary(content_type: str) -> bytes:
    """What divides the parts. Raises `NotMultipart`."""
    match = _BOUNDARY.fullmatch(content_type[:400])
    if match is None:
        raise NotMultipart
    return (match["quoted"] or match["bare"]).encode()


def divided(content: mmap | bytes, boundary: bytes, *, max_parts: int) -> Sequence[Part]:
    """The parts in their order. Raises `MalformedParts`, and `TooManyParts` before it has looked at
    any part beyond those."""
    delimiter = b"--" + boundary
    parts: list[Part] = []
    if content[: len(delimiter)] != delimiter:
        raise MalformedParts
    at = len(delimiter)
    while content[at : at + 2] != _LAST:
        if content[at : at + 2] != _LINE:
            raise MalformedParts
        if len(parts) == max_parts:
            raise TooManyParts(max_parts)
        head_end = content.find(_HEAD_END, at + 2, at + 2 + MAX_HEAD_BYTES)
        end = -1 if head_end < 0 else content.find(_LINE + delimiter, head_end + 4)
        if end < 0:
            raise MalformedParts
        parts.append(_part(content[at + 2 : head_end], head_end + 4, end))
        at = end + len(_LINE) + len(delimiter)
    return parts


def _part(head: bytes, start: int, end: int) -> Part:
    disposition = _DISPOSITION.search(head)
    name = None if disposition is None else _NAME.search(disposition[1])
    if disposition is None or name is None:
        raise MalformedParts
    is_file = _FILE_NAME.search(disposition[1]) is not None
    return Part(name[1].decode("utf-8", "replace"), is_file, start, end)


def text_of(content: mmap | bytes, part: Part, *, max_bytes: int) -> str:
    """What a field says. Raises `MalformedParts`, and `TooLargeError`'s `FieldTooLong`."""
    if part.size > max_bytes:
        raise FieldTooLong(part.name, max_bytes)
    try:
        return content[part.start : part.end].decode()
    except UnicodeDecodeError:
        raise MalformedParts from None


def only_known(parts: Sequence[Part], known: Mapping[str, bool]) -> None:
    """Raises `UnknownPart` for a part that is none of those; `known` says which are files."""
    for part in parts:
        if known.get(part.name) is not part.is_file:
            raise UnknownPart(part.name, known)
