"""One file per command: `HELP`, `add_arguments(parser)` and `run(arguments) -> exit code`.

`souk.entrypoints.cli` lists them. A command prints for people on standard output and raises
`CommandFailed` for what its user can put right.
"""
