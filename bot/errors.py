"""The one error a user can cause: it ends in one sentence on stderr and, as a rule, exit code 2."""

from typing import ClassVar


class UserError(Exception):
    """Wrong use or unreadable input.

    The message is one sentence that names the file (or setting), the field, and what to do about it. The command line
    prints it after ``costmod: `` and exits with `exit_code`; nothing has been changed by then.
    """

    exit_code: ClassVar[int] = 2
