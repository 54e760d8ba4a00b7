"""How the application answers for its own defects, and to bodies that never end."""

import asyncio
import json
import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from souk.entrypoints.http import problems
from souk.entrypoints.http.middleware import Bounds, RequestIds


def _defective() -> FastAPI:
    app = FastAPI()

    @app.get("/defect")
    def defect() -> None:
        raise RuntimeError("secret inside")

    problems.install(app)
    app.add_middleware(Bounds, max_body_bytes=1_000, body_seconds=0.05)
    app.add_middleware(RequestIds)
    return app


async def _get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        return await client.get(path, headers={"X-Request-Id": "trace-0123456789"})


def test_answers_a_defect_with_the_id_that_stands_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        answer = asyncio.run(_get(_defective(), "/defect"))

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["instance"] == answer.headers["x-request-id"] == "trace-0123456789"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret inside" not in answer.text
    assert any("/defect 500" in line for line in caplog.messages)


def _scope(path: str) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-length", b"100")],
        "http_version": "1.1",
    }


async def _send_slowly(app: FastAPI) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        if receive.asked:
            await asyncio.Event().wait()
        receive.asked = True
        return {"type": "http.request", "body": b"{", "more_body": True}

    receive.asked = False

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope("/defect"), receive, send)
    return sent


@pytest.mark.pitfall("H5")
def test_ends_a_request_whose_body_never_arrives() -> None:
    start, body = asyncio.run(_send_slowly(_defective()))

    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["code"] == "body_too_slow"


def test_leaves_alone_what_is_no_request() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def never() -> Message:
        return {"type": "lifespan.startup"}

    async def nowhere(message: Message) -> None:
        del message

    app = RequestIds(Bounds(inner, max_body_bytes=1))
    asyncio.run(app({"type": "lifespan"}, never, nowhere))

    assert seen == ["lifespan"]
