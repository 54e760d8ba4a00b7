"""moto's server, which speaks S3: https://github.com/getmoto/moto. What it needs clashes with what
we do, so that it runs in an environment of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from tests.support.environments import python_of

_ANYBODY = (
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host,"
    " Signature=x"
)


@contextmanager
def moto_server(directory: Path, bucket: str) -> Iterator[str]:
    """A fresh one with an empty bucket."""
    python, port = python_of("moto"), free_port()
    url = f"http://127.0.0.1:{port}"
    program = "from moto.server import main; main()"
    part = Part(
        name="moto",
        command=lambda: [str(python), "-c", program, "-H", "127.0.0.1", "-p", str(port)],
        ready=lambda: _answers(url),
        directory=directory,
    )
    running = parts.start(part, directory / "moto.log")
    httpx.put(f"{url}/{bucket}", headers={"Authorization": _ANYBODY}).raise_for_status()
    yield url
    running.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/", timeout=2).is_success
    except httpx.HTTPError:
        return False
