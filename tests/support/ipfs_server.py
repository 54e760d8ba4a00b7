"""Stand-ins for what an installation has of IPFS, in a process of their own: a Kubo node, a pinning
service that fetches from it, and a gateway that serves what the service has.

They speak what is published of the real ones (the RPC of Kubo 0.39, the Pinning Service API 1.0,
the trustless gateway), and know nothing of `souk`: CIDs are those of the package `multiformats`. A
test asks for what happens out of anybody's sight at `/test/<what>`.

python -m tests.support.ipfs_server <port> <what Authorization has to say>
"""

import json
import sys
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from multiformats import CID, multihash

ALL = ("queued", "pinning", "pinned", "failed")
OUR_CHUNK = 262_144
LARGEST_CHUNK = 1_048_576
LOOKING_SECONDS = 60


def cid_of(content: bytes, codec: str = "raw", version: int = 1) -> str:
    digest = multihash.digest(content, "sha2-256")
    return str(CID("base32" if version else "base58btc", version, codec, digest))


class World:
    """Everything that is kept. One lock is enough."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.forget()

    def forget(self) -> None:
        self.blocks: dict[str, bytes] = {}
        self.pins: dict[str, str] = {}
        self.wishes: list[dict] = []
        self.fetched: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.lies = False

    def collect_garbage(self) -> None:
        self.blocks = {cid: block for cid, block in self.blocks.items() if cid in self.pins}

    def fetch(self) -> None:
        """The service gets what it was asked for, or gives up."""
        for wish in self.wishes:
            cid = wish["pin"]["cid"]
            if wish["status"] in ("queued", "pinning"):
                wish["status"] = "pinned" if cid in self.blocks else "failed"
            if wish["status"] == "pinned":
                self.fetched[cid] = self.blocks[cid]


class Faces(BaseHTTPRequestHandler):
    """What is asked of the node (`/api/v0`), the service (`/pins`) and the gateway (`/ipfs`)."""

    protocol_version = "HTTP/1.1"
    world: World
    authorization: str

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def do_DELETE(self) -> None:
        self._route()

    def log_message(self, *_: object) -> None:
        pass

    def _route(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        area, _, rest = parts.path.lstrip("/").partition("/")
        self.world.asked.append(f"{self.command} {self.path}")
        with self.world.lock:
            if area == "test":
                self._behind_the_scenes(rest)
            elif area == "ipfs":
                self._gateway(rest)
            elif self.headers.get("Authorization") != self.authorization:
                self._say(401 if area == "pins" else 403, b"403 - Forbidden", "text/plain")
            elif area == "pins":
                self._service(rest)
            else:
                self._node(rest.removeprefix("v0/"))

    def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _json(self, status: int, *found: object) -> None:
        self._say(status, b"".join(json.dumps(each).encode() + b"\n" for each in found))

    def _behind_the_scenes(self, what: str) -> None:
        world, cid = self.world, self.query.get("cid", "")
        if what == "forget":
            world.forget()
        elif what == "fetch":
            world.fetch()
        elif what == "collect":
            world.collect_garbage()
        elif what == "have":
            world.blocks[cid_of(self.body)] = self.body
        elif what == "hold":
            world.fetched[cid] = world.blocks[cid] = self.body
        elif what == "lie":
            world.lies = True
        elif what == "lose":
            world.blocks.pop(cid, None)
            if "node" not in self.query:
                world.fetched.pop(cid, None)
        elif what == "pin-other":
            world.pins[cid_of(self.body, "dag-pb")] = "recursive"
            world.wishes.append(self._a_wish(cid_of(self.body, "dag-pb"), "pinned"))
        self._json(200, {"asked": world.asked, "pinned": sorted(world.pins)}.get(what, {}))

    # The node: https://docs.ipfs.tech/reference/kubo/rpc/

    def _node(self, command: str) -> None:
        commands = {
            "add": self._add,
            "block/get": self._block_get,
            "pin/ls": self._pin_ls,
            "pin/rm": self._pin_rm,
        }
        if self.command != "POST":
            self._say(405, b"405 - Method Not Allowed", "text/plain")
        elif command not in commands:
            self._say(404, b"404 page not found", "text/plain")
        else:
            commands[command]()

    def _failed(self, message: str) -> None:
        self._json(500, {"Message": message, "Code": 0, "Type": "error"})

    def _add(self) -> None:
        block = self._file()
        _, _, size = self.query.get("chunker", f"size-{OUR_CHUNK}").partition("-")
        if int(size) > LARGEST_CHUNK:
            self._failed(f"chunker: size {size} is larger than {LARGEST_CHUNK}")
            return
        version = int(self.query.get("cid-version", "0"))
        is_leaf = self.query.get("raw-leaves", str(version == 1)).lower() == "true"
        if is_leaf and len(block) <= int(size):
            cid = cid_of(block)
        else:
            # Several leaves below a root. What the root is made of is of no matter here.
            cid = cid_of(b"root of " + block, "dag-pb", version)
        if self.world.lies:
            cid = cid_of(b"another picture")
        self.world.blocks[cid] = block
        if self.query.get("pin", "true") == "true":
            self.world.pins[cid] = "recursive"
        self._json(200, {"Name": "block", "Hash": cid, "Size": str(len(block))})

    def _file(self) -> bytes:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self._whole_body(), _class=EmailMessage, policy=HTTP)
        (part,) = form.iter_parts()
        assert part.get_filename() is not None
        return part.get_payload(decode=True)

    def _whole_body(self) -> bytes:
        """One client sends what it reads piece by piece."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.body
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _block_get(self) -> None:
        cid = self.query["arg"]
        if cid in self.world.blocks:
            self._say(200, self._told(self.world.blocks[cid]), "application/vnd.ipld.raw")
            return
        if self.query.get("offline") != "true":
            # A node that is online goes and looks for it among the others.
            self.world.over.wait(LOOKING_SECONDS)
        self._failed(f"block was not found locally (offline): ipld: could not find {cid}")

    def _pin_ls(self) -> None:
        kind, cid = self.query.get("type", "all"), self.query.get("arg")
        pins = {c: t for c, t in self.world.pins.items() if kind in (t, "all")}
        if cid is not None and cid not in pins:
            self._failed(f"path '{cid}' is not pinned")
        elif self.query.get("stream") == "true":
            self._json(200, *({"Cid": c, "Type": t} for c, t in pins.items()))
        else:
            named = {c: {"Type": t} for c, t in pins.items() if cid in (c, None)}
            self._json(200, {"Keys": named})

    def _pin_rm(self) -> None:
        cid = self.query["arg"]
        if self.world.pins.pop(cid, None) is None:
            self._failed("not pinned or pinned indirectly")
        else:
            self._json(200, {"Pins": [cid]})

    # The service: https://ipfs.github.io/pinning-services-api-spec/

    def _service(self, request_id: str) -> None:
        if self.command == "POST":
            pin = json.loads(self.body)
            wish = {**self._a_wish(pin["cid"], "queued"), "pin": pin}
            self.world.wishes.append(wish)
            self._json(202, wish)
        elif self.command == "DELETE":
            before = len(self.world.wishes)
            self.world.wishes = [w for w in self.world.wishes if w["requestid"] != request_id]
            found = len(self.world.wishes) < before
            self._say(202 if found else 404, b"")
        else:
            self._json(200, self._listed())

    def _a_wish(self, cid: str, status: str) -> dict:
        at = len(self.world.wishes)
        return {
            "requestid": str(uuid4()),
            "status": status,
            "created": f"2026-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z",
            "pin": {"cid": cid},
            "delegates": ["/dnsaddr/pins.example"],
        }

    def _listed(self) -> dict:
        statuses = self.query.get("status", "pinned").split(",")
        found = [
            wish
            for wish in reversed(self.world.wishes)
            if wish["status"] in statuses
            and self.query.get("cid", wish["pin"]["cid"]) == wish["pin"]["cid"]
            and wish["created"] < self.query.get("before", "9")
        ]
        limit = int(self.query.get("limit", "10"))
        # The real ones allow 1000; a few show that whoever asks turns the page.
        return {"count": len(found), "results": found[: min(limit, 3)]}

    # The gateway: https://specs.ipfs.tech/http-gateways/trustless-gateway/

    def _gateway(self, cid: str) -> None:
        raw = "application/vnd.ipld.raw"
        if self.query.get("format") != "raw" and self.headers.get("Accept") != raw:
            self._say(406, b"only raw blocks are served here", "text/plain")
        elif cid not in self.world.fetched:
            self._say(404, b"no such block", "text/plain")
        else:
            self._say(200, self._told(self.world.fetched[cid]), raw)

    def _told(self, block: bytes) -> bytes:
        """As it is, unless this world lies."""
        return bytes([block[0] ^ 1]) + block[1:] if self.world.lies else block


def serve(port: int, authorization: str) -> None:
    """Until it is ended."""
    handler = type("Served", (Faces,), {"world": World(), "authorization": authorization})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
