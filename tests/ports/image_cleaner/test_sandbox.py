"""What the sandbox holds back, and what comes of it when it is brought down."""

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest

from souk.adapters.images.cleaner import SandboxedImageCleaner, judged
from souk.adapters.images.confinement import Limits
from souk.adapters.images.process import Ran, Sandbox, SandboxFailed
from souk.adapters.images.wire import Ended, Garbled
from souk.core.transaction_guard import ProviderCallInTransaction, transaction_open
from souk.modules.media.domain import MAX_UPLOAD_BYTES, CleanedImage, Purpose, Refusal
from souk.modules.media.errors import ImageCleanerUnavailable
from tests.support.hostile_images import BOMBS
from tests.support.image_parts import saved, scene
from tests.support.processes import gone
from tests.support.stray_sandbox import TAKEN_OVER

STRAYS = "tests.support.stray_sandbox"
PICTURE = saved(scene(), "JPEG")


@pytest.fixture
def own_sandbox():
    """A sandbox of this test's own, whatever becomes of it."""
    made: list[Sandbox] = []

    def make(limits: Limits | None = None, seconds: float = 20, **more: str) -> Sandbox:
        made.append(Sandbox(limits or Limits(), seconds, **more))
        return made[-1]

    yield make
    for one in made:
        one.kill()


def processes_of(sandbox: Sandbox) -> list[psutil.Process]:
    assert sandbox.pid is not None
    process = psutil.Process(sandbox.pid)
    return [process, *process.children(recursive=True)]


@pytest.mark.pitfall("I1")
@pytest.mark.parametrize(
    "loose",
    [Limits(descriptors=64), Limits(processes=100_000), Limits(memory_bytes=4 << 30)],
    ids=["descriptors", "processes", "memory"],
)
def test_sandbox_refuses_to_serve_when_it_would_hold_nothing(own_sandbox, loose: Limits) -> None:
    with pytest.raises(SandboxFailed, match="did not start"):
        own_sandbox(loose).run(PICTURE)


@pytest.mark.pitfall("I1")
def test_sandbox_has_no_descriptor_to_open_anything_with(own_sandbox) -> None:
    sandbox = own_sandbox()
    sandbox.run(PICTURE)
    serving = processes_of(sandbox)[-1].pid
    limits = Path(f"/proc/{serving}/limits").read_text()
    assert "Max open files            0                    0 " in limits
    assert "Max file size             0                    0 " in limits
    status = Path(f"/proc/{serving}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert os.geteuid() != 0 or "Uid:\t65534\t65534\t65534\t65534" in status


@pytest.mark.pitfall("I1")
def test_sandbox_refuses_to_serve_when_a_picture_would_have_its_pipes(own_sandbox) -> None:
    with pytest.raises(SandboxFailed, match="did not start"):
        own_sandbox(program=f"{STRAYS}.open_handed").run(PICTURE)


@pytest.mark.pitfall("I1")
def test_picture_neither_reads_nor_answers_the_next_when_it_took_its_process_over(
    own_sandbox, cleaner
) -> None:
    sandbox = own_sandbox(program=f"{STRAYS}.taken_over")
    sandbox.run(saved(scene(), "PNG") + TAKEN_OVER)
    assert judged(sandbox.run(PICTURE)) == cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES)


@pytest.mark.parametrize("kind", ["net", "pid", "user", "ipc", "uts"])
def test_sandbox_lives_alone_when_it_says_so(own_sandbox, kind: str) -> None:
    sandbox = own_sandbox()
    sandbox.run(PICTURE)
    serving = processes_of(sandbox)[-1].pid
    theirs, ours = (os.stat(f"/proc/{who}/ns/{kind}").st_ino for who in (serving, "self"))
    assert sandbox.isolated is (theirs != ours)


def test_sandbox_refuses_what_takes_more_memory_than_there_is(own_sandbox) -> None:
    ran = own_sandbox(Limits(memory_bytes=24 << 20)).run(BOMBS["png of 12 million pixels"]())
    assert judged(ran) is Refusal.TOO_COSTLY


def test_sandbox_ends_what_takes_too_long_of_the_processor(own_sandbox) -> None:
    ran = own_sandbox(Limits(cpu_seconds=1)).run(BOMBS["png of noise with alpha"]())
    assert ran.ended.code == -signal.SIGXCPU
    assert judged(ran) is Refusal.TOO_COSTLY


def test_sandbox_serves_on_when_a_picture_brought_its_process_down(own_sandbox) -> None:
    sandbox = own_sandbox(Limits(cpu_seconds=1))
    sandbox.run(PICTURE)
    began_as = sandbox.pid
    sandbox.run(BOMBS["png of noise with alpha"]())
    assert isinstance(judged(sandbox.run(PICTURE)), CleanedImage)
    assert sandbox.pid == began_as


@pytest.mark.parametrize(
    ("way", "seconds", "reason"),
    [
        ("silent", 0.2, "too long"),
        ("half", 0.2, "too long"),
        ("garbage", 20, "begins no frame"),
        ("endless", 20, "begins no frame"),
        ("long", 20, "begins no frame"),
        ("gone", 20, "has ended"),
    ],
)
def test_sandbox_fails_when_what_it_hears_is_no_answer(
    own_sandbox, way: str, seconds: float, reason: str
) -> None:
    sandbox = own_sandbox(seconds=seconds, program=f"{STRAYS}.{way}")
    with pytest.raises(SandboxFailed, match=reason):
        sandbox.run(PICTURE)
    assert sandbox.pid is None


def test_sandbox_leaves_nothing_behind_when_it_is_killed(own_sandbox) -> None:
    sandbox = own_sandbox()
    sandbox.run(PICTURE)
    processes = processes_of(sandbox)
    sandbox.kill()
    psutil.wait_procs(processes, timeout=10)
    assert gone(processes)


def test_cleaner_starts_another_sandbox_when_one_was_ended() -> None:
    cleaner = SandboxedImageCleaner()
    try:
        cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES)
        processes = processes_of(cleaner._sandbox)
        os.killpg(processes[0].pid, signal.SIGKILL)
        psutil.wait_procs(processes[1:], timeout=10)
        cleaner._sandbox._process.wait(10)
        assert isinstance(cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES), CleanedImage)
    finally:
        cleaner.close()


def test_cleaner_is_unavailable_when_time_is_over() -> None:
    cleaner = SandboxedImageCleaner(wall_seconds=0)
    with pytest.raises(ImageCleanerUnavailable) as raised:
        cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES)
    assert raised.value.retryable


def test_cleaner_serves_several_threads(cleaner) -> None:
    outcomes = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.append(cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES))
        )
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(outcomes) == 4
    assert all(one == outcomes[0] for one in outcomes)


def test_clean_refuses_a_file_when_it_is_larger_than_its_purpose_allows(cleaner, tmp_path) -> None:
    most = Purpose.PROFILE.caps.max_bytes
    path = tmp_path / "upload"
    path.write_bytes(PICTURE + bytes(most))
    assert cleaner.clean(path, max_bytes=most) is Refusal.TOO_MANY_BYTES
    assert cleaner.clean(PICTURE, max_bytes=len(PICTURE) - 1) is Refusal.TOO_MANY_BYTES
    assert isinstance(cleaner.clean(PICTURE, max_bytes=len(PICTURE)), CleanedImage)


def test_clean_reads_a_file(cleaner, tmp_path) -> None:
    path = tmp_path / "upload.txt"
    path.write_bytes(PICTURE)
    assert isinstance(cleaner.clean(path, max_bytes=MAX_UPLOAD_BYTES), CleanedImage)


def test_clean_refuses_what_is_empty(cleaner) -> None:
    assert cleaner.clean(b"", max_bytes=MAX_UPLOAD_BYTES) is Refusal.EMPTY


def test_clean_refuses_another_form_without_starting_anything() -> None:
    cleaner = SandboxedImageCleaner()
    assert cleaner.clean(b"<svg/>", max_bytes=MAX_UPLOAD_BYTES) is Refusal.WRONG_FORM
    assert cleaner._sandbox.pid is None


def test_clean_refuses_while_a_transaction_is_open(cleaner) -> None:
    token = transaction_open.set(True)
    try:
        with pytest.raises(ProviderCallInTransaction):
            cleaner.clean(PICTURE, max_bytes=MAX_UPLOAD_BYTES)
    finally:
        transaction_open.reset(token)


@pytest.mark.parametrize("sent", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL])
def test_judged_refuses_a_picture_when_its_process_crashed(sent: signal.Signals) -> None:
    assert judged(Ran(None, Ended(-sent, 0, 0), 0)) is Refusal.BROKEN


@pytest.mark.parametrize("code", [-signal.SIGKILL, 70])
def test_judged_says_nothing_of_a_picture_when_it_need_not_be_the_reason(code: int) -> None:
    with pytest.raises(ImageCleanerUnavailable):
        judged(Ran(None, Ended(code, 0, 0), 0))


def test_judged_takes_silence_for_no_answer() -> None:
    with pytest.raises(Garbled):
        judged(Ran(None, Ended(0, 0, 0), 0))
