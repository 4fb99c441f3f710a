"""The environment variables that the tests see: an allow-list, never a secret of the machine that runs them."""

import re
from collections.abc import Mapping

_ALWAYS = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
_NEVER = re.compile(r"(GITHUB|ACTIONS|INPUT|RUNNER)_.*|.*_TOKEN|.*_TOKEN_.*", re.IGNORECASE)


def allowed_environment(parent: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """What of `parent` the tests may see: locale, time zone, and `names` of the `test-environment` setting.

    The repository controls the setting, so it cannot name a token or a variable of the workflow runner.
    """
    wanted = [*_ALWAYS, *(name for name in names if name not in refused_names(names))]
    return {"LANG": "C.UTF-8"} | {name: parent[name] for name in wanted if name in parent}


def refused_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that no setting opens."""
    return tuple(name for name in names if _NEVER.fullmatch(name))
