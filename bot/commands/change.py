"""What a pull request of people says or brings: commands in comments, new findings."""

import os
from pathlib import Path
from typing import Annotated

from bot.arguments import Option
from bot.commands.given import forge_of, hotspots_in, settings, token
from bot.commands.options import Repo, program
from bot.commands.output import show


@program.command
def slash(
    event: Annotated[Path, Option("--event", metavar="FILE", help="The issue_comment event, as GitHub sends it.")],
) -> int:
    """Answer a `/costmod` comment on a pull request; needs no checkout and runs nothing of the repository."""
    from datetime import UTC, datetime

    from bot.publish.answer import answer
    from bot.publish.choose import github_for
    from bot.publish.github_talk import GithubTalk
    from bot.publish.slash import read_event

    given = read_event(event)
    if isinstance(given, str):
        show(f"ignored: {given}\n")
        return 0
    forge = github_for(given.repository, token(), os.environ)
    outcome, why = answer(forge, GithubTalk(forge), given, datetime.now(UTC))
    from bot.show.plain import plain

    show(f"{outcome}: {plain(why)}\n")
    return int(outcome == "refused")


@program.command
def check(
    base: Annotated[str, Option("--base", metavar="REV", help="What the change is compared with.")],
    repo: Repo = Path(),
    hotspots: Annotated[
        list[str] | None, Option("--hotspots", metavar="FILE...", help="APM exports that price what is found.")
    ] = None,
    pull_request: Annotated[
        int | None, Option("--pull-request", metavar="N", least=1, help="Comment there, once, on GitHub.")
    ] = None,
    fail_on_findings: Annotated[bool, Option("--fail-on-findings", "Exit 1 when there are any.")] = False,
) -> int:
    """What the commit that is checked out introduces: new N+1 queries, their cost, an edit; silent without any."""
    from datetime import UTC, datetime

    from bot.publish.check import remark_of

    config = settings(repo)
    found = hotspots_in(hotspots, config, "total") if hotspots else []
    remark = remark_of(repo, base, found, config, datetime.now(UTC).date())
    show(f"{remark}\n" if remark else "")
    if pull_request is not None:
        from bot.publish.check import tell

        tell(forge_of("github", repo, None), pull_request, remark)
    return int(fail_on_findings and bool(remark))
