"""The one error a user can cause: it ends in one sentence on stderr and exit code 2."""


class UserError(Exception):
    """Wrong use or unreadable input.

    The message is one sentence that names the file (or setting), the field, and what to do about it. The command line
    prints it after ``costmod: `` and exits with 2; nothing has been changed by then.
    """
