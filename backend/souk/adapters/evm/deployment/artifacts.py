"""The compiled contracts that the package carries, believed only while their sums are right."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from eth_abi.abi import encode

from souk.adapters.evm.deployment.errors import ArtifactChanged

_SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract, and what of it goes into the record of a deployment.

    `immutables` are the places in `runtime_code` that the constructor fills, as start and length.
    """

    name: str
    inputs: tuple[tuple[str, str], ...]
    creation_code: bytes
    runtime_code: bytes
    immutables: tuple[tuple[int, int], ...]
    compiler: str
    sha256: str
    standard_json_sha256: str | None

    def encoded(self, *arguments: object) -> bytes:
        """The constructor's arguments as they follow the creation code."""
        return encode([kind for _, kind in self.inputs], arguments)

    def named(self, *arguments: object) -> dict[str, str]:
        """The constructor's arguments by their names in the source."""
        pairs = zip(self.inputs, arguments, strict=True)
        return {name.strip("_"): str(value) for (name, _), value in pairs}

    def is_runtime(self, code: bytes) -> bool:
        """Whether this is the contract's code, whatever its constructor filled in."""
        return self._blank(code) == self._blank(self.runtime_code)

    def _blank(self, code: bytes) -> bytes:
        blank = bytearray(code)
        for start, length in self.immutables:
            blank[start : start + length] = bytes(length)
        return bytes(blank)


def carried() -> Traversable:
    """Where the package keeps them."""
    return resources.files("souk.adapters.evm").joinpath("artifacts")


def load_artifact(name: str, folder: Traversable) -> Artifact:
    """Read a compiled contract. Raises `ArtifactChanged` when its sum is not the one committed."""
    sums = _sums(folder)
    text = _unchanged(folder, f"{name}.json", sums)
    document = json.loads(text)
    standard = f"standard_json/{name}.json"
    if standard in sums:
        _unchanged(folder, standard, sums)
    constructor = [entry for entry in document["abi"] if entry["type"] == "constructor"]
    inputs = constructor[0]["inputs"] if constructor else []
    return Artifact(
        name=name,
        inputs=tuple((entry["name"], entry["type"]) for entry in inputs),
        creation_code=bytes.fromhex(document["bytecode"].removeprefix("0x")),
        runtime_code=bytes.fromhex(document["runtime_bytecode"].removeprefix("0x")),
        immutables=tuple((place["start"], place["length"]) for place in document["immutables"]),
        compiler=document["compiler"]["version"],
        sha256=sums[f"{name}.json"],
        standard_json_sha256=sums.get(standard),
    )


def _sums(folder: Traversable) -> dict[str, str]:
    lines = folder.joinpath(_SUMS).read_text("utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _unchanged(folder: Traversable, name: str, sums: Mapping[str, str]) -> bytes:
    content = folder.joinpath(name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sums.get(name):
        raise ArtifactChanged(
            f"{name} of this package is not what {_SUMS} beside it was written for, so nothing is"
            " sent: install the release again, or after a change of the sources run"
            " scripts/build_contracts"
        )
    return content
