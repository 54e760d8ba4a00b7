"""How a command says that it could not do its work."""


class CommandFailed(Exception):
    """The message is for the user and says what to do; the exit code is for scripts."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
