"""No container engine runs here, so what the container files name is compared with the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from souk import settings
from souk.entrypoints.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one.get("image") == "souk"}
TEMPLATE = ROOT / "cdn" / "pictures.conf.template"
INSTRUCTIONS = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()
CHAIN = re.compile(r"CHAIN_[1-9][0-9]*_RPC_URLS")


def instructions(word: str) -> Iterator[str]:
    return (line.removeprefix(word).strip() for line in INSTRUCTIONS if line.startswith(f"{word} "))


def is_command(words: list[str]) -> bool:
    return words[0] == "souk" and words[1] in COMMANDS


def test_every_part_has_a_service() -> None:
    assert {"postgres", "redis", "kubo", "anvil", "api"} <= set(SERVICES)


@pytest.mark.parametrize("service", OURS)
def test_service_runs_a_command_that_exists(service: str) -> None:
    assert is_command(OURS[service]["command"])


@pytest.mark.parametrize("service", OURS)
def test_service_is_given_settings_that_exist(service: str) -> None:
    given = OURS[service]["environment"]
    assert [name for name in given if not settings.is_variable(name)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_service_waits_for_services_that_exist(service: str) -> None:
    assert set(SERVICES[service].get("depends_on", ())) <= set(SERVICES)


def test_every_queue_has_a_process_of_its_own() -> None:
    queues = [one["command"][2] for one in OURS.values() if one["command"][1] == "worker"]
    chains = {
        f"chain-{name.split('_')[1]}"
        for one in OURS.values()
        for name in one["environment"]
        if CHAIN.fullmatch(name)
    }
    assert sorted(queues) == sorted({"events", "timers", "webhooks"} | chains)


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.pitfall("I9")
def test_kubo_shows_nothing_but_its_gateway() -> None:
    assert SERVICES["kubo"]["ports"] == ["127.0.0.1:8080:8080"]


def test_chain_begins_anew_with_its_contracts_at_each_start() -> None:
    chain = SERVICES["anvil"]
    assert [word for word in chain["command"] if "state" in word] + chain.get("volumes", []) == []
    assert chain["restart"] == "no"
    assert SERVICES["deploy"]["depends_on"] == {"anvil": {"condition": "service_healthy"}}


@pytest.mark.parametrize("ignored", [".gitignore", ".dockerignore"])
def test_secrets_go_into_no_commit_and_no_image(ignored: str) -> None:
    guides = "".join((ROOT / path).read_text() for path in ("README.md", "docs/runbooks/deploy.md"))
    keystores = set(re.findall(r"(?:--keystore|>) (\S+\.json)", guides))

    assert {".env", *keystores} - set((ROOT / ignored).read_text().splitlines()) == set()


def test_volumes_are_declared() -> None:
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())}
    ours = {volume for volume in used if volume.startswith("./")}
    assert used - ours == set(COMPOSE["volumes"])
    assert [volume for volume in ours if not (ROOT / volume).is_file()] == []


def test_nginx_is_told_all_that_its_settings_ask_for() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", TEMPLATE.read_text("utf-8")))
    assert asked == set(SERVICES["cdn"]["environment"])


def test_every_built_stage_is_in_the_dockerfile() -> None:
    stages = {line.partition(" AS ")[2] for line in instructions("FROM")}
    assert {one["build"]["target"] for one in SERVICES.values() if "build" in one} <= stages


def test_dockerfile_copies_what_exists() -> None:
    copied = [line.split()[:-1] for line in instructions("COPY") if "--from" not in line]
    assert [path for paths in copied for path in paths if not (ROOT / path).exists()] == []


def test_dockerfile_starts_a_command_that_exists() -> None:
    assert [
        words for line in instructions("CMD") if not is_command(words := json.loads(line))
    ] == []


def test_dockerfile_runs_nothing_as_root() -> None:
    assert list(instructions("USER")) == ["node", "souk"]
