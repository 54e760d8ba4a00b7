"""Rules 4 and 6: commit is explicit and in services only; a status has one writer."""

import pytest

from .robots.tree import SOUK, listing, snippet, sources
from .robots.writes import find_commits, find_status_writes

ORDERS = f"{SOUK}/modules/orders"
TABLES = (
    "class Order(Base):\n    status: Mapped[str]\n\nclass Line(Base):\n    title: Mapped[str]\n"
)
HISTORY = "class Step(Base):\n    __tablename__ = 'order_status_history'\n"
MODEL = snippet(TABLES + HISTORY, f"{ORDERS}/models.py")
WRITE = "def move(row):\n    row.status = 'paid'\n"


def test_commits_only_in_services_and_plumbing() -> None:
    assert listing(find_commits(sources("backend"))) == ""


def test_writes_a_status_only_in_transition_functions() -> None:
    assert listing(find_status_writes(sources("backend/souk"))) == ""


@pytest.mark.parametrize(
    "path",
    [
        f"{ORDERS}/repository.py",
        f"{ORDERS}/api.py",
        f"{ORDERS}/handlers.py",
        f"{SOUK}/core/web.py",
        f"{SOUK}/adapters/evm/sender.py",
        f"{SOUK}/entrypoints/http/app.py",
        f"{SOUK}/bootstrap.py",
    ],
)
def test_flags_a_commit_when_it_is_outside_a_service(path: str) -> None:
    assert "commit" in listing(find_commits([snippet("def f(tx):\n    tx.commit()\n", path)]))


@pytest.mark.parametrize(
    "path",
    [
        f"{ORDERS}/service.py",
        f"{ORDERS}/service/place.py",
        f"{SOUK}/core/outbox.py",
        f"{SOUK}/entrypoints/worker/ticks.py",
    ],
)
def test_passes_a_commit_when_a_service_or_plumbing_writes_it(path: str) -> None:
    assert listing(find_commits([snippet("def f(tx):\n    tx.commit()\n", path)])) == ""


@pytest.mark.parametrize(
    "text",
    [
        WRITE,
        "def f(row):\n    row.status, x = 'paid', 1\n",
        "def f(row):\n    setattr(row, 'status', 'paid')\n",
        "def f(s):\n    s.execute(update(Order).where(x).values(status='paid'))\n",
        "def f(s):\n    s.execute(text('UPDATE orders SET status = :s WHERE id = :id'))\n",
        "X = text('UPDATE orders SET paid_at = 1, status = :from')\n",
        "def f(s):\n    v = {'status': 1}\n    s.execute(update(Order).values(**v))\n",
        "def f(s):\n    insert(O).on_conflict_do_update(set_={'status': 1})\n",
        "X = 'INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET status = :x'\n",
    ],
)
@pytest.mark.parametrize("path", [f"{ORDERS}/api.py", f"{SOUK}/entrypoints/http/pages.py"])
def test_flags_a_status_write_when_it_is_outside_the_module(text: str, path: str) -> None:
    assert "status" in listing(find_status_writes([MODEL, snippet(text, path)]))


@pytest.mark.parametrize(
    "text",
    [
        "def f(row):\n    return row.status == 'paid'\n",
        "def f(s):\n    s.execute(insert(Order).values(status='paid'))\n",
        "X = 'SELECT status FROM orders'\n",
        "X = 'UPDATE orders SET paid_at = 1 WHERE status = 2'\n",
    ],
)
def test_passes_code_when_it_only_reads_or_creates_a_status(text: str) -> None:
    assert listing(find_status_writes([snippet(text, f"{ORDERS}/api.py")])) == ""


def test_passes_the_one_writer_of_a_table() -> None:
    assert listing(find_status_writes([MODEL, snippet(WRITE, f"{ORDERS}/repository.py")])) == ""


def test_flags_a_second_writer_when_the_module_has_one_status() -> None:
    again = WRITE.replace("move", "shortcut")
    both = [snippet(WRITE + again, f"{ORDERS}/repository.py")]

    assert "2 writers: move, shortcut" in listing(find_status_writes([MODEL, *both]))


def test_passes_several_writers_when_no_history_is_kept() -> None:
    models = snippet(TABLES, f"{ORDERS}/models.py")
    verbs = snippet(WRITE + WRITE.replace("move", "undo"), f"{ORDERS}/repository.py")

    assert listing(find_status_writes([models, verbs])) == ""


def test_flags_a_second_user_when_a_constant_holds_the_statement() -> None:
    text = "SQL = text('UPDATE orders SET status = :s')\ndef a(s): s(SQL)\ndef b(s): s(SQL)\n"

    found = listing(find_status_writes([MODEL, snippet(text, f"{ORDERS}/repository.py")]))

    assert "2 writers: a, b" in found
