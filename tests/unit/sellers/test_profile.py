"""The rules of a profile's fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.sellers.domain import RESERVED_HANDLES, Profile, normal_handle
from souk.modules.sellers.errors import InvalidProfileField
from tests.support.seller_builders import a_profile

GOOD = [
    ("name", "  Fig & Olive ", "Fig & Olive"),
    ("name", "x" * 80, "x" * 80),
    ("name", "متجر التين", "متجر التين"),
    ("handle", "FIG", "fig"),
    ("handle", "@fig-olive-2", "fig-olive-2"),
    ("handle", "x" * 32, "x" * 32),
    ("handle", "123", "123"),
    ("bio", "one\r\ntwo\n", "one\ntwo"),
    ("bio", "x" * 2000, "x" * 2000),
    ("location", " Valletta, Malta ", "Valletta, Malta"),
    ("website", " https://figs.example ", "https://figs.example"),
    ("website", "https://www.figs.example:443/a?b=c#d", "https://www.figs.example:443/a?b=c#d"),
    ("website", "https://xn--mgbh0fb.example", "https://xn--mgbh0fb.example"),
    ("twitter", "@figs_1", "figs_1"),
    ("discord", "Fig.Olive_1", "fig.olive_1"),
    ("telegram", "@fig_olive", "fig_olive"),
]


@pytest.mark.parametrize(("field", "typed", "stored"), GOOD)
def test_normalised_brings_the_value_into_its_normal_form(field, typed, stored):
    assert getattr(a_profile(**{field: typed}).normalised(), field) == stored


@pytest.mark.parametrize("field", ["bio", "location", "website", "twitter", "discord", "telegram"])
@pytest.mark.parametrize("empty", [None, "", "   "])
def test_normalised_clears_an_optional_field_when_it_is_empty(field, empty):
    assert getattr(a_profile(**{field: empty}).normalised(), field) is None


BAD = [
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 81),
    ("name", "a\tb"),
    ("name", "a\u202eb"),
    ("name", "a\x9fb"),
    ("handle", ""),
    ("handle", "ab"),
    ("handle", "x" * 33),
    ("handle", "-fig"),
    ("handle", "fig-"),
    ("handle", "fig--olive"),
    ("handle", "fig_olive"),
    ("handle", "fig.olive"),
    ("handle", "fïg"),
    ("handle", "ﬁgs"),
    ("handle", "fig\n"[:3] + "\x00"),
    ("payout_wallet", ""),
    ("payout_wallet", "vitalik.eth"),
    ("payout_wallet", "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("bio", "x" * 2001),
    ("bio", "a\x00"),
    ("bio", "a\u2066b"),
    ("location", "x" * 121),
    ("location", "a\nb"),
    ("website", "http://figs.example"),
    ("website", "figs.example"),
    ("website", "javascript:alert(1)"),
    ("website", "https://"),
    ("website", "https://localhost"),
    ("website", "https://127.0.0.1"),
    ("website", "https://[::1]"),
    ("website", "https://[::1"),
    ("website", "https://user:pass@figs.example"),
    ("website", "https://figs.example:8443"),
    ("website", "https://figs.example:99999"),
    ("website", "https://fi gs.example"),
    ("website", 'https://figs.example/"onload='),
    ("website", "https://-figs.example"),
    ("website", "https://figs.example."),
    ("website", "https://fígs.example"),
    ("website", "https://figs.example/" + "x" * 200),
    ("twitter", "x" * 16),
    ("twitter", "https://x.com/figs"),
    ("twitter", "@@figs"),
    ("discord", "f"),
    ("discord", "fig..olive"),
    ("discord", "figs#1234"),
    ("discord", "x" * 33),
    ("telegram", "figs"),
    ("telegram", "1figs"),
    ("telegram", "figs_"),
    ("telegram", "x" * 33),
]


@pytest.mark.parametrize(("field", "typed"), BAD, ids=lambda text: ascii(text)[:30])
def test_normalised_points_at_the_field_when_it_breaks_its_rule(field, typed):
    with pytest.raises(InvalidProfileField) as refused:
        a_profile(**{field: typed}).normalised()
    assert refused.value.context == {"pointer": f"/{field}"}


@pytest.mark.parametrize("handle", ["admin", "Souk", "SUPPORT", "api", "www"])
def test_handle_refuses_when_it_is_reserved(handle):
    with pytest.raises(InvalidProfileField, match="reserved"):
        normal_handle(handle)


def test_reserved_handles_are_spelled_as_handles_are():
    assert all(handle == handle.lower() and handle.isalnum() for handle in RESERVED_HANDLES)


@given(st.text(max_size=40))
def test_handle_is_in_normal_form_or_refused(text):
    try:
        handle = normal_handle(text)
    except InvalidProfileField:
        return
    assert normal_handle(handle) == handle
    assert "_" not in handle


def test_with_changes_leaves_the_other_fields_as_they_are():
    stored = Profile(name="x", handle="admin", payout_wallet="not checked again")
    assert stored.with_changes({"bio": " b "}) == Profile(
        name="x", handle="admin", payout_wallet="not checked again", bio="b"
    )
