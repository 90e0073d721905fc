"""The errors a user can cause: one line that says what was given and what is allowed."""


class EntschedError(ValueError):
    """Base of all errors that the command line reports in one line with exit code 2."""


class ConfigError(EntschedError):
    """A configuration, a trace or a command-line value that cannot be used."""


class BehaviorError(EntschedError):
    """A table that is not a conditional distribution, or that signals."""


class UnstableError(EntschedError):
    """A server whose load is 1 or more, so that its queue grows without bound."""


def is_overload(error: BaseException) -> bool:
    """Whether an error, or the one behind it, says that a server has load 1 or more.

    Examples
    --------
    >>> is_overload(UnstableError("server 0 has load 1.2, allowed: below 1")), is_overload(ConfigError("a typo"))
    (True, False)
    """
    return isinstance(error, UnstableError) or isinstance(error.__cause__, UnstableError)


class StrategyError(EntschedError):
    """A strategy that is unknown, was given wrong parameters or broke its contract."""


class GameError(EntschedError):
    """A game that is malformed, or too large for the method that was asked for."""


class CertificateError(EntschedError):
    """A certificate that is malformed or does not prove what it claims."""


class StoreError(EntschedError):
    """An output folder or results file that cannot be read or written."""


class ExecutorError(EntschedError):
    """A place for tasks to run that is malformed, cannot be reached, runs another version or was lost."""


class NoCloningError(EntschedError):
    """A pair that was to be measured again, or copied."""
