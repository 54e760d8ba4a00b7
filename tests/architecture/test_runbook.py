"""The runbook of deployments has a next step for each refusal, and for none that there is not."""

from souk.adapters.evm.deployment.errors import DeploymentError
from souk.adapters.evm.network_file import NetworksMisdescribed
from souk.core.errors import ProviderUnavailable

from .robots.refusals import error_classes
from .robots.runbook import RUNBOOK, find_unexplained, find_unnamed_codes, find_unsaid, rows
from .robots.tree import ROOT, SOUK, listing, snippet, sources

SPEAKING = (
    f"{SOUK}/adapters/evm/deployment/",
    f"{SOUK}/adapters/evm/network_file.py",
    f"{SOUK}/entrypoints/commands/deploy.py",
    f"{SOUK}/entrypoints/deployer_key.py",
)
FILES = [file for file in sources(SOUK) if file.path.startswith(SPEAKING)]
TEXT = (ROOT / RUNBOOK).read_text("utf-8")
# The family itself is never raised.
KINDS = [k for k in error_classes() if issubclass(k, DeploymentError) and k is not DeploymentError]
CODED = [*KINDS, NetworksMisdescribed, ProviderUnavailable]
REFUSALS = [*(item.__name__ for item in CODED), "CommandFailed"]

TABLE = "| it says | code | what to do |\n| --- | --- | --- |\n"
CODE = 'raise FeeTooHigh(f"the chain takes {fee} wei per gas now")\n'
FILE = snippet(CODE, f"{SPEAKING[0]}sending.py")


def test_has_a_row_for_each_refusal() -> None:
    assert listing(find_unexplained(FILES, REFUSALS, TEXT)) == ""


def test_quotes_nothing_that_is_not_said() -> None:
    assert listing(find_unsaid(FILES, TEXT)) == ""


def test_names_every_code() -> None:
    assert listing(find_unnamed_codes(CODED, TEXT)) == ""


def test_flags_a_refusal_when_no_row_quotes_it() -> None:
    table = TABLE + "| `the chain gives ... wei` | | wait |\n"

    assert "no row for: the chain takes" in listing(find_unexplained([FILE], REFUSALS, table))


def test_flags_a_refusal_when_its_message_is_a_constant() -> None:
    file = snippet('_FAILED = "it has failed"\nraise FeeTooHigh(_FAILED)\n', FILE.path)

    assert "no row for: it has failed" in listing(find_unexplained([file], REFUSALS, TABLE))


def test_passes_a_refusal_when_a_row_quotes_it() -> None:
    table = TABLE + "| `the chain takes ... wei per gas` | `fee_too_high` | wait |\n"

    assert listing(find_unexplained([FILE], REFUSALS, table)) == ""
    assert listing(find_unsaid([FILE], table)) == ""


def test_flags_a_row_when_nothing_says_so() -> None:
    assert "nothing says: gone" in listing(find_unsaid([FILE], TABLE + "| `gone` | | wait |\n"))


def test_flags_codes_when_they_are_not_those_of_the_errors() -> None:
    found = listing(find_unnamed_codes([NetworksMisdescribed], TABLE + "| `x` | `gone` | y |\n"))

    assert "names no networks_misdescribed" in found
    assert f"{RUNBOOK}:3 names gone" in found


def test_reads_no_further_than_the_table() -> None:
    assert [line for line, _, _ in rows(TABLE + "| `a` | | b |\n\n| `c` | | d |\n")] == [3]
