"""Why a process does not start."""


class SettingsRefused(Exception):
    """Settings that must not be run with. The message names the variable and says what to do."""
