"""Facts and who reads them."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from souk.core.events import Event, HandlerRegistry, Origin
from tests.support.clock import START
from tests.support.events import Noted, Reader, registry_of

NOTED = Noted(subject="a", number=7)


@dataclass(frozen=True, kw_only=True)
class Renamed(Event):
    name: ClassVar[str] = Noted.name


def test_payload_gives_the_event_back():
    assert Noted.from_payload(NOTED.to_payload()) == NOTED


def test_payload_of_a_later_version_loses_its_unknown_fields():
    assert Noted.from_payload({**NOTED.to_payload(), "colour": "green"}) == NOTED


def test_event_must_say_what_it_happened_to():
    with pytest.raises(TypeError, match="Renamed"):
        _ = Renamed().aggregate


def test_dispatch_calls_the_handlers_of_every_subscription():
    first, second = Reader(), Reader()
    registry = HandlerRegistry([(Noted, [first]), (Noted, [second])])
    assert registry.dispatch(Noted.name, 1, NOTED.to_payload()) == 2
    assert first.seen == second.seen == [NOTED]


@pytest.mark.parametrize(("name", "version"), [("test.other", 1), (Noted.name, 2)])
def test_dispatch_calls_nobody_when_the_event_is_unknown(name, version):
    reader = Reader()
    assert registry_of(reader).dispatch(name, version, {}) == 0
    assert reader.seen == []


def test_registry_refuses_when_two_events_share_a_name():
    with pytest.raises(ValueError, match=r"test\.noted"):
        HandlerRegistry([(Noted, []), (Renamed, [])])


def test_dispatch_tells_readers_where_the_event_comes_from():
    seen, origin = [], Origin("evt_1", START)
    registry = HandlerRegistry([], [(Noted, [lambda *told: seen.append(told)])])
    assert registry.dispatch(Noted.name, 1, NOTED.to_payload(), origin) == 1
    assert seen == [(NOTED, origin)]


def test_dispatch_refuses_when_it_cannot_say_where_the_event_comes_from():
    registry = HandlerRegistry([], [(Noted, [lambda *_told: None])])
    with pytest.raises(ValueError, match=r"test\.noted"):
        registry.dispatch(Noted.name, 1, NOTED.to_payload())
