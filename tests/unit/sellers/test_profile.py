"""The rules of a profile's fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.sellers.domain import Profile
from souk.modules.sellers.domain.countries import COUNTRIES, meant_country
from souk.modules.sellers.domain.fields import RESERVED_HANDLES, handles_near, normal_handle
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
    ("shipping_policy", "Mondays.\r\nThursdays. ", "Mondays.\nThursdays."),
    ("returns_policy", "x" * 4000, "x" * 4000),
    ("ships_from", " mt ", "MT"),
    ("ships_from_place", " Valletta ", "Valletta"),
    ("on_holiday", True, True),
    ("holiday_note", " Back in May. ", "Back in May."),
]


@pytest.mark.parametrize(("field", "typed", "stored"), GOOD)
def test_normalised_brings_the_value_into_its_normal_form(field, typed, stored):
    assert getattr(a_profile(**{field: typed}).normalised(), field) == stored


OPTIONAL = [
    *("bio", "location", "website", "twitter", "discord", "telegram", "shipping_policy"),
    *("returns_policy", "ships_from", "ships_from_place", "holiday_note"),
]


@pytest.mark.parametrize("field", OPTIONAL)
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
    ("name", "\u3164"),
    ("name", "!?"),
    ("name", "Sofia's shop\u200b"),
    ("name", "Sofia\u200d's shop"),
    ("name", "vitalik.eth"),
    ("name", "The real Vitalik.ETH shop"),
    ("name", "vitalik\uff0eeth"),
    ("name", "vitalik\u3002eth"),
    ("name", "vitalik .eth"),
    ("name", "vitalik. eth shop"),
    ("name", "vitalik.\u0435th"),
    ("name", "vitalik.eth_"),
    ("name", "\U0001f98a.eth"),
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
    ("shipping_policy", "x" * 4001),
    ("returns_policy", "a\x00"),
    ("ships_from", "XX"),
    ("ships_from", "Malta, mostly"),
    ("ships_from_place", "a\nb"),
    ("on_holiday", None),
    ("holiday_note", "x" * 281),
]


@pytest.mark.parametrize(("field", "typed"), BAD, ids=lambda text: ascii(text)[:30])
def test_normalised_points_at_the_field_when_it_breaks_its_rule(field, typed):
    with pytest.raises(InvalidProfileField) as refused:
        a_profile(**{field: typed}).normalised()
    assert refused.value.context["pointer"] == f"/{field}"


MEANT = [
    ("handle", "Fïg & Olive!", "fig-olive"),
    ("handle", "support", "support-shop"),
    ("website", "http://figs.example/a", "https://figs.example/a"),
    ("website", "figs.example", "https://figs.example"),
    ("twitter", "https://x.com/figs?lang=en", "figs"),
    ("discord", "figs#1234", "figs"),
    ("telegram", "t.me/fig_olive", "fig_olive"),
    ("ships_from", "UK", "GB"),
    ("ships_from", "Malta", "MT"),
]


@pytest.mark.parametrize(("field", "typed", "meant"), MEANT)
def test_refusal_suggests_what_was_meant(field, typed, meant):
    with pytest.raises(InvalidProfileField) as refused:
        a_profile(**{field: typed}).normalised()
    assert refused.value.context["suggestion"] == meant
    assert getattr(a_profile(**{field: meant}).normalised(), field) == meant


@pytest.mark.parametrize(
    ("field", "typed"),
    [("handle", "é"), ("website", "ftp://localhost"), ("twitter", "a b"), ("ships_from", "XX")],
)
def test_refusal_suggests_nothing_when_nothing_can_be_meant(field, typed):
    with pytest.raises(InvalidProfileField) as refused:
        a_profile(**{field: typed}).normalised()
    assert "suggestion" not in refused.value.context


@given(st.text(max_size=40))
def test_handle_that_is_suggested_is_in_normal_form(text):
    try:
        normal_handle(text)
    except InvalidProfileField as refusal:
        meant = refusal.context.get("suggestion")
        assert meant is None or normal_handle(str(meant)) == meant


@pytest.mark.parametrize("handle", ["fig", "x" * 32, "x" * 25 + "-yyyyyy"])
def test_handles_near_another_are_in_normal_form(handle):
    assert all(normal_handle(near) == near for near in handles_near(handle))


def test_countries_that_are_meant_exist():
    assert meant_country("U.S.A.") == "US"
    assert len(COUNTRIES) == 249


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
