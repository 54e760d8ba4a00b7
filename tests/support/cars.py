"""CAR files, read by the package `@ipld/car` of those who specify them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
# Node finds packages from the directory in which it runs.
_READ = """
import { readFileSync } from 'node:fs'
import { CarReader } from '@ipld/car'
import { sha256 } from 'multiformats/hashes/sha2'
const car = await CarReader.fromBytes(readFileSync(process.argv[1]))
const roots = (await car.getRoots()).map(String)
const blocks = {}
for await (const { cid, bytes } of car.blocks()) {
  const { digest } = await sha256.digest(bytes)
  blocks[cid] = Buffer.compare(digest, cid.multihash.digest) === 0
}
console.log(JSON.stringify({ version: car.version, roots, blocks }))
"""


@dataclass(frozen=True)
class Car:
    """What is in it: of each block whether its bytes are those of its CID."""

    version: int
    roots: list[str]
    blocks: dict[str, bool]


def read_car(path: Path) -> Car:
    """As they read it. Raises `CalledProcessError` when they do not."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    node = shutil.which("node", path=places)
    assert node is not None
    command = [node, "--input-type=module", "-e", _READ, str(path)]
    ran = subprocess.run(command, cwd=_CONTRACTS, capture_output=True, text=True, check=True)
    return Car(**json.loads(ran.stdout))
