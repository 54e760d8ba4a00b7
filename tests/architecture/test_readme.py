"""README.md lists every dependency with its reason and every setting."""

import tomllib

from .robots.readme import setting_names, undocumented, unexplained
from .robots.tree import ROOT, SOUK, snippet, sources

README = ROOT / "README.md"
SETTINGS = f"{SOUK}/settings"


def test_says_what_each_dependency_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    assert unexplained(README.read_text("utf-8"), direct) == []


def test_lists_every_setting() -> None:
    names = list(setting_names(sources(SETTINGS)))

    assert "DATABASE_URL" in names
    assert undocumented(README.read_text("utf-8"), names) == []


def test_mentions_the_addresses_of_chains() -> None:
    assert "CHAIN_<id>_RPC_URLS" in README.read_text("utf-8")


def test_flags_a_dependency_when_it_has_no_row_or_no_purpose() -> None:
    readme = "| `rq` | jobs |\n| `httpx[http2]` | calls |\n| `redis` | |\n"

    found = unexplained(readme, ["rq>=2", "httpx[http2]", "redis", "web3<8"])

    assert found == ["redis has 0 rows", "web3 has 0 rows"]


def test_reads_the_fields_of_every_group() -> None:
    group = "class Group(BaseSettings):\n    model_config = 1\n"
    text = (
        "class A(Group):\n    url: str = ''\n    def f(self): ...\n"
        "@dataclass\nclass Settings:\n    a: A\n"
    )
    files = [snippet(text, f"{SETTINGS}/a.py"), snippet(group, f"{SETTINGS}/group.py")]

    assert list(setting_names(files)) == ["URL"]


def test_flags_a_setting_when_only_a_longer_name_is_mentioned() -> None:
    assert undocumented("`REDIS_URLS`", ["REDIS_URL"]) == ["REDIS_URL"]
