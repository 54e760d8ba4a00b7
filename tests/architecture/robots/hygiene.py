"""What the public may not find: traces of one machine, and addresses that lock files record."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .tree import Violation

_TRACES = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.~-])/(?:home|Users|root|work|workspace)/[\w.-]+|[A-Z]:\\(?:Users|work)\\",
    ),
    "the address of a package registry": re.compile(
        r"\b(?:(?:p[y]pi|python[h]osted|npm[j]s|deb[i]an)\.org|(?:npm[j]s|yarn[p]kg|un[p]kg)\.com"
        r"|docker\.io|jsdelivr\.net)\b"
    ),
    "an address inside a network": re.compile(
        r"(?<![\w.])(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b"
    ),
}
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")


def find_traces(path: str, text: str) -> Iterator[Violation]:
    """Lines that tell where the project was written or downloaded."""
    for what, pattern in _TRACES.items():
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Violation(path, line, f"{what}: {found[0]}")


def find_loose_requirements(path: str, text: str) -> Iterator[Violation]:
    """Entries of a requirements lock that are not pinned to a version and its hashes, and lines
    that say from where to download."""
    joined = text.replace("\\\n", " " * 2)
    for number, line in enumerate(joined.splitlines(), 1):
        entry = line.split("#", 1)[0].strip()
        if not entry:
            continue
        if "://" in entry or entry.startswith(("-i", "--index", "--extra-index", "--find", "-f")):
            yield Violation(path, number, f"says where to download: {entry[:60]}")
        elif not _REQUIREMENT.match(entry):
            yield Violation(path, number, f"not pinned: {entry[:60]}")
        elif "--hash=sha256:" not in entry:
            yield Violation(path, number, f"no hash: {entry[:60]}")


def find_loose_packages(path: str, text: str) -> Iterator[Violation]:
    """Entries of an npm lock with a download address or without an integrity hash. A binary for
    another platform than ours may lack its hash: npm leaves it out when it never saw the file."""
    for name, package in json.loads(text)["packages"].items():
        if "resolved" in package:
            yield Violation(path, 1, f"{name} records where it was downloaded")
        if name and not _is_elsewhere(package) and "integrity" not in package:
            yield Violation(path, 1, f"{name} has no integrity")


def _is_elsewhere(package: Mapping[str, Any]) -> bool:
    ours = "linux" in package.get("os", ["linux"]) and "x64" in package.get("cpu", ["x64"])
    return bool(package.get("optional")) and not ours


def find_stale_locks(path: str, text: str, direct: list[str]) -> Iterator[Violation]:
    """Direct dependencies that the lock misses or pins outside their bounds."""
    pinned = {canonicalize_name(m["name"]): m["version"] for m in _REQUIREMENT.finditer(text)}
    for wanted in map(Requirement, direct):
        version = pinned.get(canonicalize_name(wanted.name))
        if version is None:
            yield Violation(path, 1, f"{wanted.name} is not locked")
        elif not wanted.specifier.contains(version, prereleases=True):
            yield Violation(path, 1, f"{wanted.name} {version} is not {wanted.specifier}")
