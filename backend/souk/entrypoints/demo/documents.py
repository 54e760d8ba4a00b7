"""JSON from outside, read without trusting its shape."""

import json
from collections.abc import Iterator

from souk.entrypoints.demo.waiting import StoryFailed


class Document:
    """A JSON value and where it stands. Asking for what is not there raises `StoryFailed` with
    that place."""

    __slots__ = ("_path", "_value")

    def __init__(self, value: object, path: str = "") -> None:
        self._value = value
        self._path = path

    @classmethod
    def parse(cls, text: str | bytes, path: str = "") -> "Document":
        """The value that a JSON text spells."""
        try:
            return cls(json.loads(text), path)
        except ValueError:
            raise StoryFailed(f"{path} is no JSON: {str(text)[:200]}") from None

    def __getitem__(self, key: str | int) -> "Document":
        value, path = self._value, f"{self._path}/{key}"
        if isinstance(key, str) and isinstance(value, dict) and key in value:
            return Document(value[key], path)
        if isinstance(key, int) and isinstance(value, list) and -len(value) <= key < len(value):
            return Document(value[key], path)
        raise StoryFailed(f"there is no {path} in {json.dumps(value)[:400]}")

    def __iter__(self) -> Iterator["Document"]:
        if not isinstance(self._value, list):
            raise StoryFailed(f"{self._path} is no list: {json.dumps(self._value)[:200]}")
        return (Document(item, f"{self._path}/{i}") for i, item in enumerate(self._value))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return json.dumps(self._value)[:400]

    @property
    def raw(self) -> object:
        """The value as it is."""
        return self._value

    @property
    def missing(self) -> bool:
        """Whether it is null."""
        return self._value is None

    @property
    def text(self) -> str:
        """A string."""
        if not isinstance(self._value, str):
            raise StoryFailed(f"{self._path} is no text: {json.dumps(self._value)[:200]}")
        return self._value

    @property
    def number(self) -> int:
        """A whole number, spelled as one or, as amounts are, as a string of digits."""
        value = self._value
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise StoryFailed(f"{self._path} is no number: {json.dumps(value)[:200]}")
        try:
            return int(value)
        except ValueError:
            raise StoryFailed(f"{self._path} is no number: {str(value)[:80]!r}") from None

    def find(self, *path: str | int) -> object:
        """What stands at this path, or `None`."""
        here = self
        for key in path:
            try:
                here = here[key]
            except StoryFailed:
                return None
        return here.raw
