"""nginx with the very file that the repository has for it."""

import os
import re
import shutil
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from souk.embedded import accounts, parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from tests.support import debian

TEMPLATE = debian.ROOT / "cdn" / "pictures.conf.template"
_SETTING = re.compile(r"\$\{([A-Z_]+)\}")
# What nginx's image has around that file.
_AROUND = """\
daemon off;
pid {home}/nginx.pid;
error_log stderr;
events {{
    worker_connections 128;
}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/pictures.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """One that runs."""

    port: int
    cache: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def let_a_minute_pass(self) -> None:
        """All that is kept is to be asked about again: a file of the cache begins with a version
        and the second until which it is good."""
        for kept in self.cache.rglob("*"):
            if kept.is_file():
                with kept.open("r+b") as file:
                    file.seek(8)
                    (until,) = struct.unpack("<q", file.read(8))
                    file.seek(8)
                    file.write(struct.pack("<q", until - 61))


@contextmanager
def nginx(home: Path, origin: str, *, secret: str = "", download: bool) -> Iterator[Nginx]:
    """In front of `origin` (host:port), as an account without rights."""
    found, _ = debian.program("nginx", "nginx", download=download)
    home.mkdir()
    running_at = Nginx(free_port(), home / "cache")
    # Where it was unpacked that account may not be let in.
    binary = shutil.copy(found, home / "nginx")
    settings = {
        "SOUK_ADDRESS": origin,
        "CDN_LISTEN": f"127.0.0.1:{running_at.port}",
        "CDN_CACHE": str(running_at.cache),
        "IMAGE_URL_SECRET": secret,
    }
    (home / "pictures.conf").write_text(filled(TEMPLATE.read_text("utf-8"), settings), "utf-8")
    (home / "nginx.conf").write_text(_AROUND.format(home=home), "utf-8")
    account = accounts.unprivileged_account()
    if account is not None:
        os.chown(home, account.uid, account.gid)
    part = Part(
        name="nginx",
        command=lambda: [str(binary), "-p", str(home), "-c", str(home / "nginx.conf")],
        ready=lambda: _listens(running_at.port),
        account=account,
        directory=home,
    )
    running = parts.start(part, home.with_suffix(".log"))
    try:
        yield running_at
    finally:
        running.kill()


def filled(template: str, settings: Mapping[str, str]) -> str:
    """As nginx's image does it: what is no setting stays."""
    return _SETTING.sub(lambda found: settings.get(found[1], found[0]), template)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
