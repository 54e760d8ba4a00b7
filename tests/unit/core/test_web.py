"""What every router shares, as far as it needs no application."""

import asyncio
import json

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import ValidationError

from souk.core.db import AmountColumn, InstantColumn
from souk.core.errors import UnauthenticatedError
from souk.core.principal import Principal, Role
from souk.core.web import RequestModel, Section, cacheable, get_principal, json_response
from tests.support.clock import START


class Body(RequestModel):
    value: object = None


def nested(depth):
    value = "\x00"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.pitfall("H1")
@pytest.mark.parametrize(
    "value",
    ["a\x00", "\ud800", "\udfff!", {"a": {"\x00": 1}}, [["\x00"]], ("\x00",), nested(50_000)],
    ids=["nul", "high", "low", "key", "list", "tuple", "deep"],
)
def test_body_refuses_when_a_text_cannot_be_stored(value):
    with pytest.raises(ValidationError, match="NUL"):
        Body(value=value)


def test_body_takes_any_other_text():
    assert Body(value=["\U0001f42b", {"é": 1}, None]).value == ["\U0001f42b", {"é": 1}, None]


def test_body_refuses_when_a_field_is_unknown():
    with pytest.raises(ValidationError, match="colour"):
        Body.model_validate({"colour": "green"})


def test_section_is_not_compared_when_the_path_is_elsewhere():
    compared = []

    class Compared(APIRoute):
        def matches(self, scope):
            compared.append(scope["path"])
            return super().matches(scope)

    section, app = Section(prefix="/api/carts", route_class=Compared), FastAPI()
    section.add_api_route("/{cart_id}", lambda cart_id: cart_id)
    app.include_router(section)
    for path in ("/api/orders/a", "/api/carts/a"):
        app.router.routes[-1].matches({"type": "http", "path": path, "method": "GET"})
    assert compared == ["/api/carts/a"]


def asking(**headers):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


def test_cacheable_sends_the_body_with_its_etag():
    answer = cacheable(asking(), b"{}", max_age_seconds=5)
    assert (answer.status_code, answer.body) == (200, b"{}")
    assert answer.headers["cache-control"] == "private, max-age=5, must-revalidate"
    assert answer.headers["etag"] != cacheable(asking(), b"[]").headers["etag"]


ETAG = cacheable(asking(), b"{}", version=3).headers["etag"]


@pytest.mark.parametrize("seen", [ETAG, f"W/{ETAG}", f'"a", {ETAG}', "*"])
def test_cacheable_sends_nothing_when_the_client_has_it(seen):
    answer = cacheable(asking(if_none_match=seen), b"{}", version=3)
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", ETAG)


@pytest.mark.parametrize("seen", ["", ETAG.strip('"'), '"a"'])
def test_cacheable_sends_the_body_when_the_client_has_another(seen):
    assert cacheable(asking(if_none_match=seen), b"{}", version=3).status_code == 200


def test_cacheable_begins_the_etag_with_the_version():
    assert ETAG.startswith('"3-')


def test_json_response_says_what_it_is():
    answer = json_response(b"{}", status=201, headers={"X-A": "b"})
    assert (answer.status_code, answer.media_type) == (201, "application/json")
    assert (json.loads(answer.body), answer.headers["x-a"]) == ({}, "b")


def test_get_principal_refuses_when_nobody_is_signed_in():
    principal = Principal("acc_1", "ses_1")
    assert asyncio.run(get_principal(principal)) is principal
    with pytest.raises(UnauthenticatedError):
        asyncio.run(get_principal(None))


@pytest.mark.parametrize(
    ("roles", "staff"),
    [
        ((), False),
        ((Role.BUYER, Role.SELLER), False),
        ((Role.SUPPORT,), True),
        ((Role.ADMIN,), True),
    ],
)
def test_principal_is_staff_when_a_role_says_so(roles, staff):
    assert Principal("acc_1", "ses_1", frozenset(roles)).is_staff is staff


def test_instant_column_refuses_when_the_time_names_no_zone():
    with pytest.raises(ValueError, match="zone"):
        InstantColumn().process_bind_param(START.replace(tzinfo=None), None)


def test_columns_leave_null_alone():
    for column in (InstantColumn(), AmountColumn()):
        assert column.process_bind_param(None, None) is None
        assert column.process_result_value(None, None) is None
