"""All that a checkout needs, by the standard library alone: `_setup.py run` or `_setup.py test`.

- `.venv` with the hash-locked packages and this project, editable
- Node from a wheel when the machine has none of version 18 or newer
- the npm packages of `contracts/` (for `run` only the local chain)
- what standards are tried by, out of packages that publish it and are not installed (for `test`)

Each part leaves a stamp of what it was made from, so that the next time costs next to nothing.
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONTRACTS = ROOT / "contracts"
VECTORS = VENV / "vectors"
VECTORS_LOCK = ROOT / "tests" / "vectors" / "package-lock.json"
# Only its source archive holds the vectors of ENSIP-15; the lock knows the hash of that too.
VECTORS_OF = "web3"
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-dev.lock"}
NODE_LOCK = ROOT / "requirements-node.lock"
OLDEST_NODE = 18
# What serves a purpose: everything that tests need includes everything that running needs.
SERVES = {"run": ("run", "test"), "test": ("test",)}
PATH = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])


def main(purpose: str) -> None:
    if VENV.is_symlink():
        sys.exit(f"setup: {VENV} is a link, and what it leads to works only there; remove the link")
    VENV.mkdir(exist_ok=True)
    with (VENV / ".setup-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        begun = time.monotonic()
        changed = [set_up_python(purpose), set_up_node(), set_up_contracts(purpose)]
        changed.append(purpose == "test" and set_up_vectors())
    if any(changed):
        say(f"ready after {time.monotonic() - begun:.0f} s")


def say(line: str) -> None:
    print(f"setup: {line}", file=sys.stderr, flush=True)


def digest(*sources: Path | str) -> str:
    whole = hashlib.sha256()
    for source in sources:
        whole.update(source.encode() if isinstance(source, str) else source.read_bytes())
        whole.update(b"\0")
    return whole.hexdigest()


def is_stamped(stamp: Path, wanted: dict[str, str]) -> bool:
    """Whether one of the stamps that would do is there."""
    with contextlib.suppress(OSError, ValueError):
        made = json.loads(stamp.read_text())
        return any(made.get(name) == value for name, value in wanted.items())
    return False


def run(command: list[str | Path], what: str, **options: object) -> None:
    ended = subprocess.run(command, check=False, **options)
    if ended.returncode != 0:
        sys.exit(f"setup: {what} failed (exit code {ended.returncode}); the reason is above")


def set_up_python(purpose: str) -> bool:
    stamp = VENV / ".souk-python"
    # A virtual environment works only where it was made, and only with the Python it was made by.
    here = f"{VENV} {sys.version_info[:2]}"
    wanted = {
        name: digest(here, name, LOCKS[name], ROOT / "pyproject.toml") for name in SERVES[purpose]
    }
    if is_stamped(stamp, wanted):
        return False
    make_environment(here)
    say(f"installing the Python packages of {LOCKS[purpose].name}")
    # The lock names every package with its hash, so there is nothing for pip to resolve.
    pip("--require-hashes", "--no-deps", "-r", str(LOCKS[purpose]))
    pip("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    # pip compiles what it copies. This project stays where it is, and no process would ever
    # compile it for the next one where PYTHONDONTWRITEBYTECODE is set.
    run([PYTHON, "-m", "compileall", "-q", ROOT / "backend"], "python -m compileall")
    stamp.write_text(json.dumps({purpose: wanted[purpose]}))
    return True


def make_environment(here: str) -> None:
    stamp = VENV / ".souk-environment"
    if PYTHON.exists() and (not stamp.exists() or is_stamped(stamp, {"here": digest(here)})):
        return
    say(f"making {VENV} with Python {sys.version.split()[0]}")
    # The lock file stays: somebody may wait on it.
    for entry in VENV.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != ".setup-lock":
            entry.unlink()
    run(
        [sys.executable, "-m", "venv", VENV], "python -m venv (on Debian: apt install python3-venv)"
    )
    stamp.write_text(json.dumps({"here": digest(here)}))


def pip(*arguments: str, act: str = "install") -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    # The machine's own pip settings (index, certificates, wheels at hand) stay in force.
    run([PYTHON, "-m", "pip", act, *quiet, *arguments], f"pip {act}")


def set_up_node() -> bool:
    if has_node():
        return False
    say("installing Node into the environment, as the machine has none")
    pip("--require-hashes", "--no-deps", "-r", str(NODE_LOCK))
    return True


def has_node() -> bool:
    node, npm = shutil.which("node", path=PATH), shutil.which("npm", path=PATH)
    if node is None or npm is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", said)
    return version is not None and int(version[1]) >= OLDEST_NODE


def set_up_contracts(purpose: str) -> bool:
    lock = CONTRACTS / "package-lock.json"
    stamp = CONTRACTS / "node_modules" / ".souk-contracts"
    wanted = {name: digest(name, lock) for name in SERVES[purpose]}
    if is_stamped(stamp, wanted):
        return False
    say("installing the npm packages of contracts/")
    npm = str(shutil.which("npm", path=PATH))
    # No install scripts: nothing that was downloaded runs before it is used.
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    production = ["--omit=dev"] if purpose == "run" else []
    environment = {**os.environ, "PATH": PATH}
    run([npm, "ci", *flags, *production], "npm ci", cwd=CONTRACTS, env=environment)
    stamp.write_text(json.dumps({purpose: wanted[purpose]}))
    return True


def set_up_vectors() -> bool:
    lock = LOCKS["test"]
    stamp = VECTORS / ".souk-vectors"
    wanted = {"test": digest(str(VENV), lock, VECTORS_LOCK)}
    if is_stamped(stamp, wanted):
        return False
    say("fetching what standards are tried by")
    shutil.rmtree(VECTORS, ignore_errors=True)
    VECTORS.mkdir()
    entry = re.search(rf"^{VECTORS_OF}==(?:.*\\\n)+.*$", lock.read_text(), re.MULTILINE)
    (VECTORS / "requirements.lock").write_text(entry[0] + "\n")
    pinned = ["--require-hashes", "-r", str(VECTORS / "requirements.lock"), "-d", str(VECTORS)]
    source = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    pip(*source, *pinned, act="download")
    for place, package in json.loads(VECTORS_LOCK.read_text())["packages"].items():
        if place:
            fetch_archive(place.removeprefix("node_modules/"), package)
    stamp.write_text(json.dumps(wanted))
    return True


def fetch_archive(name: str, package: dict[str, str]) -> None:
    """The archive alone, as the lock has it: what the package itself needs is not asked for."""
    npm = str(shutil.which("npm", path=PATH))
    wanted = f"{name}@{package['version']}"
    command = [npm, "pack", "--silent", "--pack-destination", VECTORS, wanted]
    environment = {**os.environ, "PATH": PATH}
    run(command, f"npm pack {wanted}", env=environment, stdout=subprocess.DEVNULL)
    made = VECTORS / f"{name.removeprefix('@').replace('/', '-')}-{package['version']}.tgz"
    found = base64.b64encode(hashlib.sha512(made.read_bytes()).digest()).decode()
    if f"sha512-{found}" != package["integrity"]:
        made.unlink()
        sys.exit(f"setup: {wanted} is not what the lock names")


if __name__ == "__main__":
    main(sys.argv[1])
