"""The commands that `souk` lists."""

import importlib

import pytest

from souk.entrypoints import cli


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_has_a_file_for_each_command(name: str) -> None:
    command = importlib.import_module(f"souk.entrypoints.commands.{name.replace('-', '_')}")
    assert callable(command.run)
    assert callable(command.add_arguments)
