"""Errors a user can act on: what was wrong, where, and what to do. Their text never holds transcript text."""


class CorporaError(Exception):
    """Something failed that the user can mend; the command ends with `exit_code` and this one sentence."""

    exit_code = 1


class UsageError(CorporaError):
    """The call, the recipe or a file given to an option is wrong; nothing has run."""

    exit_code = 2


class GateError(CorporaError):
    """A critical expectation failed; nothing was published."""

    exit_code = 3


class PrivacyError(CorporaError):
    """The step would carry raw text where it may not go; it was refused before anything was sent."""

    exit_code = 4


class TextError(CorporaError):
    """A file that is not text we can read: `reason` is the short word the accounting counts by."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
