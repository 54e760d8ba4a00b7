"""Whatever is uploaded is refused or cleaned, and takes no more than its share."""

import signal

import psutil
import pytest

from souk.adapters.images.cleaner import judged
from souk.adapters.images.process import Sandbox
from souk.modules.media.domain import MAX_UPLOAD_BYTES, CleanedImage, Refusal
from tests.ports.image_cleaner.conftest import Campaign
from tests.support.hostile_images import (
    BEGUN,
    BOMBS,
    CHUNKS,
    CUT,
    FLIPPED,
    HOSTILE,
    MANY_FRAMES,
    POLYGLOTS,
    TOO_LARGE,
    WRONG,
)
from tests.support.image_parts import CANARY, FORMS, tagged
from tests.support.image_walk import assert_only_pixels

MAX_RSS_BYTES = 200_000_000
MAX_SECONDS = 2.0
MAX_GROWTH_BYTES = 25_000_000


def assert_clean(outcome: CleanedImage) -> None:
    """Nothing in any file but pixels."""
    assert len(outcome.files) == 8
    for one in outcome.files:
        assert_only_pixels(one.content)
        assert CANARY not in one.content


def borne(campaign: Campaign, content: bytes) -> CleanedImage | Refusal:
    """What comes of a file, which was looked at within its limits and left nothing in any other.
    The process does nothing but compute: what it takes of a processor is the time of the clock on
    a machine that is idle, which a busy one cannot tell."""
    assert len(content) <= MAX_UPLOAD_BYTES
    ran = campaign.run(content)
    assert ran.ended.code in {0, -signal.SIGXCPU}
    assert ran.ended.max_rss_bytes < MAX_RSS_BYTES
    # The kernel counts in ticks.
    assert ran.ended.cpu_seconds < MAX_SECONDS + 0.1
    outcome = judged(ran)
    if isinstance(outcome, CleanedImage):
        assert_clean(outcome)
    return outcome


def test_the_corpus_is_large() -> None:
    assert sum(map(len, (WRONG, BEGUN, TOO_LARGE, MANY_FRAMES, BOMBS, CHUNKS))) >= 60
    assert len(HOSTILE) >= 100


@pytest.mark.pitfall("I1")
@pytest.mark.parametrize("name", WRONG)
def test_clean_refuses_what_has_another_form(campaign: Campaign, name: str) -> None:
    assert borne(campaign, WRONG[name]()) is Refusal.WRONG_FORM


@pytest.mark.parametrize("name", BEGUN)
def test_clean_refuses_what_only_begins_as_a_picture(campaign: Campaign, name: str) -> None:
    # Letters where a size should be may make a large one.
    assert borne(campaign, BEGUN[name]()) in {Refusal.BROKEN, Refusal.TOO_LARGE}


@pytest.mark.pitfall("I2")
@pytest.mark.parametrize("name", TOO_LARGE)
def test_clean_refuses_more_pixels_than_may_be(campaign: Campaign, name: str) -> None:
    assert borne(campaign, TOO_LARGE[name]()) is Refusal.TOO_LARGE


@pytest.mark.pitfall("I3")
@pytest.mark.parametrize("name", MANY_FRAMES)
def test_clean_refuses_more_frames_than_may_be(campaign: Campaign, name: str) -> None:
    assert borne(campaign, MANY_FRAMES[name]()) is Refusal.TOO_MANY_FRAMES


@pytest.mark.pitfall("I1")
@pytest.mark.pitfall("I3")
@pytest.mark.parametrize("name", BOMBS)
def test_clean_bears_what_takes_much_to_read(campaign: Campaign, name: str) -> None:
    borne(campaign, BOMBS[name]())


@pytest.mark.parametrize("name", CHUNKS)
def test_clean_bears_what_nobody_expects(campaign: Campaign, name: str) -> None:
    borne(campaign, CHUNKS[name]())


@pytest.mark.parametrize("name", FLIPPED)
def test_clean_bears_wrong_bits(campaign: Campaign, name: str) -> None:
    borne(campaign, FLIPPED[name]())


@pytest.mark.parametrize("name", CUT)
def test_clean_refuses_what_ends_early(campaign: Campaign, name: str) -> None:
    outcome = borne(campaign, CUT[name]())
    # The last hundredth may hold no pixels.
    assert outcome in {Refusal.BROKEN, Refusal.WRONG_FORM} or name.endswith("0.99")


@pytest.mark.pitfall("I4")
@pytest.mark.parametrize("name", POLYGLOTS)
def test_clean_leaves_what_is_appended_behind(campaign: Campaign, name: str) -> None:
    assert isinstance(borne(campaign, POLYGLOTS[name]()), CleanedImage)


@pytest.mark.pitfall("I6")
@pytest.mark.parametrize("form", FORMS)
def test_clean_drops_where_and_by_whom_it_was_made(campaign: Campaign, form: str) -> None:
    assert CANARY in tagged(form)
    assert isinstance(borne(campaign, tagged(form)), CleanedImage)


@pytest.mark.deep
def test_sandbox_is_as_it_was_after_the_whole_corpus(sandbox: Sandbox) -> None:
    campaign = Campaign(sandbox)
    borne(campaign, tagged("PNG"))
    before, pid = held(sandbox), sandbox.pid
    for make in HOSTILE.values():
        borne(campaign, make())
    assert (sandbox.pid, campaign.files) == (pid, len(HOSTILE) + 1)
    assert held(sandbox) < before + MAX_GROWTH_BYTES


def held(sandbox: Sandbox) -> int:
    """The memory of the processes that stay, in bytes."""
    assert sandbox.pid is not None
    first = psutil.Process(sandbox.pid)
    return sum(one.memory_info().rss for one in (first, *first.children(recursive=True)))
