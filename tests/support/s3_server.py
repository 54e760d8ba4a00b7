"""A stand-in for S3 in a thread, with one bucket: what the quick run needs of it. The deep run asks
moto's server the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

BUCKET = "souk-content"
KEY_ID = "AKIASTANDIN"
PAGE = 3


class Objects(BaseHTTPRequestHandler):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/"""

    protocol_version = "HTTP/1.1"
    kept: dict[str, bytes]

    def do_PUT(self) -> None:
        if self._is_allowed():
            self.kept[self._key()] = self._body()
            self._say(200, ETag='"0"')

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        if not self._key():
            self._list()
        elif self._key() in self.kept:
            self._say(200, self.kept[self._key()], ETag='"0"', Last_Modified=_WHEN)
        else:
            self._refuse(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if self._is_allowed():
            self.kept.pop(self._key(), None)
            self._say(204)

    def _list(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        after = query.get("continuation-token", [""])[0]
        prefix = query.get("prefix", [""])[0]
        left = sorted(key for key in self.kept if key > after and key.startswith(prefix))
        page = left[:PAGE]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z"
            f"</LastModified><ETag>0</ETag><Size>{len(self.kept[key])}</Size></Contents>"
            for key in page
        )
        more = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if left[PAGE:] else ""
        self._say(
            200,
            f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{entries}{more}"
            "</ListBucketResult>".encode(),
        )

    def _is_allowed(self) -> bool:
        query = parse_qs(urlsplit(self.path).query)
        credential = query.get("X-Amz-Credential", [""])[0]
        if f"{KEY_ID}/" not in credential + self.headers.get("Authorization", ""):
            self._refuse(403, "InvalidAccessKeyId")
        elif urlsplit(self.path).path.split("/")[1] != BUCKET:
            self._refuse(404, "NoSuchBucket")
        else:
            return True
        return False

    def _key(self) -> str:
        return "/".join(urlsplit(self.path).path.split("/")[2:])

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _refuse(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code></Error>".encode())
        self.close_connection = True

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


_WHEN = "Thu, 01 Jan 2026 00:00:00 GMT"


@contextmanager
def s3_server() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Where it is, and what is in the bucket."""
    kept: dict[str, bytes] = {}
    handler = type("Served", (Objects,), {"kept": kept})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", kept
    server.shutdown()
    server.server_close()
    thread.join()
