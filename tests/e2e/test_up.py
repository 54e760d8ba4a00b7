"""`souk up`: from nothing to a shop that serves, and from that to nothing."""

import json

import stripe

from tests.support.processes import gone
from tests.support.waiting import eventually
from tests.support.whole_stack import WholeStack


def test_serves_when_it_says_so(whole_stack: WholeStack) -> None:
    assert whole_stack.get("/health/ready").status_code == 200


def test_is_called_well_by_the_doctor(whole_stack: WholeStack) -> None:
    report = json.loads(whole_stack.command("doctor", "--json").stdout)
    assert [finding for finding in report["findings"] if not finding["well"]] == []


def test_refuses_a_second_start_and_names_the_first(whole_stack: WholeStack) -> None:
    second = whole_stack.command("up", "--port", "0")
    assert second.returncode == 1
    assert f"up already on {whole_stack.state} at {whole_stack.occupant.url}" in second.stderr


def test_writes_nothing_down_of_the_environment_that_it_was_started_in(
    whole_stack: WholeStack,
) -> None:
    # pytest puts this one into the environment of whatever a test starts.
    assert "PYTEST_CURRENT_TEST" in whole_stack.environment()
    assert "PYTEST_CURRENT_TEST" not in whole_stack.settings


def test_tries_cards_in_a_sandbox_when_no_key_is_given(whole_stack: WholeStack) -> None:
    known = whole_stack.settings
    client = stripe.StripeClient(
        known["STRIPE_SECRET_KEY"], base_addresses={"api": known["STRIPE_API_BASE"]}
    )
    (endpoint,) = client.v1.webhook_endpoints.list().data
    assert endpoint.url == f"{known['PUBLIC_URL']}/api/webhooks/stripe"


def test_serves_again_when_the_api_was_killed(whole_stack: WholeStack) -> None:
    back_before = whole_stack.said.read_text().count("api is back")
    whole_stack.part("cli api").kill()
    eventually(lambda: whole_stack.said.read_text().count("api is back") > back_before, seconds=30)
    assert whole_stack.get("/health/ready").status_code == 200


def test_leaves_no_process_when_killed_and_starts_again_on_its_data(
    whole_stack: WholeStack,
) -> None:
    processes, listed = whole_stack.processes(), goods(whole_stack)
    whole_stack.kill()
    eventually(lambda: gone(processes), seconds=5)
    whole_stack.start()
    assert goods(whole_stack) == listed != []


def goods(stack: WholeStack) -> list[str]:
    """The ids of what the shop lists."""
    return [listing["id"] for listing in stack.get("/api/marketplace/products").json()["data"]]
