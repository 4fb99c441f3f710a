"""Answer one `/costmod` comment: who may, what for, on which head; nothing of a pull request is ever run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from bot.errors import UserError
from bot.publish import commit as commits
from bot.publish import fresh, marker, policy, remark, stacked, suggest
from bot.publish.forge import BRANCH_PREFIX, IGNORED, IGNORED_RULE, MAY_WRITE, Forge, Pull, Talk
from bot.publish.git import GitFailed, Repository, empty_copy
from bot.publish.publish import IGNORED_NOTE
from bot.publish.reopen import reopen
from bot.publish.sanitize import code, sentence, text
from bot.publish.slash import WRITES, Command, Event, Verb, is_too_old, parse
from bot.words import counted
from codemods import discover

Outcome = Literal["ignored", "denied", "done", "refused"]
MAY_ASK = frozenset({"admin", "maintain", "write", "triage"})
MOST_REPLIES = 5  # a day and pull request, to people who may not write
HELP = """\
| command | does | who |
|---|---|---|
| `/costmod explain` | says what was found here, and why | may triage, or the author |
| `/costmod fix` | suggests the edits on the changed lines; on a pull request of costmod: makes it again | may write |
| `/costmod fix --pr` | opens drafts with the edits, against the branch of this pull request | may write |
| `/costmod rebase` | makes costmod's commit again on the newest base; `--discard` drops commits of people | may write |
| `/costmod ignore` | closes costmod's pull request for good | may write |
| `/costmod ignore --rule` | the same, and no other change of its codemod is proposed | may write |
| `/costmod reopen` | opens it again | may write |

With a commit behind it, such as `@1a2b3c4`, a command is done only while that is the newest one."""


NOTHING = Command(verb="help")


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """Why a command is not done, in one sentence for whoever gave it."""


@dataclass(frozen=True)
class Desk:
    """Where one command is worked on."""

    forge: Forge
    talk: Talk
    event: Event
    pull: Pull
    now: datetime
    command: Command = NOTHING


def answer(forge: Forge, talk: Talk, event: Event, now: datetime) -> tuple[Outcome, str]:
    """What became of a comment, and why; the reply is on the pull request."""
    command = parse(event.body)
    if command is None:
        return "ignored", "no command"
    if is_too_old(event.created, now):
        return "ignored", "the command is older than a day; give it again"
    pull = talk.pull(event.number)
    role = talk.permission(event.author)
    if not _may(command, role, event.author == pull.author):
        talk.react(event.comment, "-1")
        return "denied", "the author may not ask for that"
    said = talk.said(event.number)
    if any(one.ours and _reply_line(event) in one.body for one in said):
        return "ignored", "answered already"
    recent = [one for one in said if one.ours and "<!-- costmod:reply-" in one.body and _is_recent(one.created, now)]
    if role not in MAY_WRITE and len(recent) >= MOST_REPLIES:
        return "ignored", "enough was said here today"
    talk.react(event.comment, "eyes")
    try:
        reply = _done(command, Desk(forge, talk, event, pull, now))
    except (Refused, UserError, GitFailed) as error:
        what = HELP if isinstance(command, str) else ""
        forge.comment(event.number, _key(event), refusal(error, what))
        talk.react(event.comment, "confused")
        return "refused", str(error)
    forge.comment(event.number, _key(event), reply)
    talk.react(event.comment, "rocket")
    return "done", command.verb if isinstance(command, Command) else ""


def refusal(error: Exception, help_: str) -> str:
    """The reply to a command that is not done."""
    return f"{sentence(error)}\n\n{help_}".strip()


def _may(command: Command | str, role: str, author: bool) -> bool:
    if isinstance(command, Command) and command.verb in WRITES:
        return role in MAY_WRITE
    return author or role in MAY_ASK


def _done(command: Command | str, desk: Desk) -> str:
    """Run the command on the head that was seen first, and on no other."""
    if isinstance(command, str):
        raise Refused(f"{command[:1].upper()}{command[1:]}.")
    desk = replace(desk, command=command)
    if desk.command.pin and not desk.pull.head.startswith(desk.command.pin):
        raise Refused(f"The head is {desk.pull.head[:12]}, not the one that was named.")
    verbs: dict[Verb, Callable[[Desk], str]] = {
        "help": lambda _: HELP, "explain": _explain, "fix": _fix, "rebase": _rebase, "reopen": _reopen,
        "ignore": _ignore,
    }  # fmt: skip
    return verbs[desk.command.verb](desk)


def _still_there(desk: Desk) -> None:
    """Looked at right before writing."""
    if desk.talk.pull(desk.event.number).head != desk.pull.head:
        raise Refused("Somebody pushed meanwhile; give the command again.")


def _ours(desk: Desk) -> marker.Marker | None:
    """The marker of a pull request of the bot; None for everybody else's."""
    request = desk.pull.request
    said = marker.read(request.body)
    ours = request.ours and not desk.pull.fork and request.branch.startswith(BRANCH_PREFIX)
    return said if ours and said is not None and request.branch.endswith(said.fp[:12]) else None


def _required(desk: Desk) -> marker.Marker:
    said = _ours(desk)
    if said is None:
        raise Refused("That works on pull requests of costmod only.")
    return said


# ---- the verbs -------------------------------------------------------------------------------------------------------


def _explain(desk: Desk) -> str:
    said = _ours(desk)
    if said is None:
        found = _introduced(desk)
        return remark.remark_on(found, remark.lead_of(found)) if found else "costmod finds nothing new in this change."
    codemod = discover().get(said.codemod)
    why = " ".join((codemod.__doc__ or "").partition("Refused:")[0].split()) if codemod else ""
    lines = [
        f"Made by the codemod {code(said.codemod)}. {sentence(why, 2_000)}",
        f"- Finding {code(said.fp[:12])}, hotspot {code(said.hotspot)}, built on {code(said.base[:12])}.",
        f"- Expected a month: {text(said.worth or 'not known')}; the body shows the calculation.",
        "- To say no, close this pull request or comment `/costmod ignore`.",
    ]
    return "\n".join([lines[0], "", *lines[1:]])


def _fix(desk: Desk) -> str:
    if _ours(desk) is not None:
        if "--pr" in desk.command.options:
            raise Refused("This is a pull request of costmod; `/costmod fix` makes it anew.")
        return _rebase(desk)
    with empty_copy() as copy:
        base = _taken(desk, copy)
        found = _all(desk, copy)
        shown = copy.lines_in_diff(base, desk.pull.head)
        new = {one.finding.fingerprint for one in _introduced(desk)}
        near = [one for one in found if one.finding.fingerprint in new or _touches(one, shown)]
        if not near:
            return "costmod finds nothing to fix on the changed lines."
        if "--pr" in desk.command.options:
            return _stacked(desk, copy, near)
    lead = "Every row of this query runs a statement of its own; loaded with it, it is one statement."
    made = [(one, suggest.suggestions(one.finding, shown, lead)) for one in near]
    comments = tuple(comment for _, part in made for comment in part)
    rest = [one for one, part in made if not part]
    _still_there(desk)
    tested = "The tests were not run on this." if desk.pull.fork else "costmod has not run the tests on this."
    if comments:
        desk.talk.review(desk.event.number, desk.pull.head, _key(desk.event), tested, comments)
    told = f"Suggestions are on the lines of {len(near) - len(rest)} of {counted(len(near), 'place')}. {tested}"
    return remark.remark_on(rest, "These need lines that the diff does not show.", told) if rest else told


def _stacked(desk: Desk, copy: Repository, near: Sequence[fresh.Introduced]) -> str:
    """A pull request per place, against the branch of the one that was commented on."""
    if desk.pull.fork:
        raise Refused("costmod cannot push to a fork; `/costmod fix` writes suggestions.")
    if desk.pull.request.state != "open":
        raise Refused("This pull request is not open.")
    _still_there(desk)
    config = fresh.settings_at(copy, copy.take(desk.forge.remote(), f"refs/heads/{desk.pull.request.base}"))
    place = stacked.Place(desk.forge, copy, branch=desk.pull.request.branch, head=desk.pull.head, config=config)
    told = [stacked.open_one(place, one) for one in near[: stacked.MOST]]
    rest = len(near) - len(told)
    return "\n".join(
        [*told, *([f"- {counted(rest, 'place')} more: give the command again after these."] if rest else [])]
    )


def _rebase(desk: Desk) -> str:
    said = _required(desk)
    request, remote = desk.pull.request, desk.forge.remote()
    if request.state != "open":
        raise Refused("This pull request is not open; `/costmod reopen` comes first.")
    with empty_copy() as copy:
        base = copy.take(remote, f"refs/heads/{request.base}")
        head = copy.take(remote, f"refs/heads/{request.branch}")
        trailer = f"Costmod-Fingerprint: {said.fp}"
        untouched = head in said.heads and copy.is_bot_commit(head, trailer)
        if not untouched and "--discard" not in desk.command.options:
            raise Refused("The branch holds commits of people; `/costmod rebase --discard` drops them.")
        config = fresh.settings_at(copy, base)
        found = [f for f in fresh.findings_at(copy, base, config) if f.fingerprint == said.fp]
        if not found:
            raise Refused(
                "The code alone does not show this finding on the base: it is fixed there, or needs the trace; the "
                "next run with the APM's data decides."
            )
        patch = fresh.patch_of(found[0])
        files = commits.files_of(patch, lambda path: copy.file_at(base, path))
        reason = policy.why_refused(patch.changes) or (files if isinstance(files, str) else "")
        if reason or isinstance(files, str):
            raise Refused(f"{reason}.")
        new = copy.commit_on(base, files, commits.message_of(patch, signoff=config.publish.signoff))
        if untouched and copy.is_same(new, head):
            return "It stands on the base as it is; nothing was changed."
        if config.publish.commits == "verified":
            new = desk.forge.sign(copy, new)
        _still_there(desk)
        marked = msgspec.structs.replace(
            said, head=new, was=head if untouched else None, base=base, content=commits.content_hash(patch)
        )
        desk.forge.update(request.number, title=None, body=marker.with_marker(request.body, marked))
        if not copy.push(remote, new, request.branch, lease=head):
            raise Refused("Somebody pushed meanwhile; give the command again.")
        desk.forge.pushed(request.number)
    return f"Made anew on {code(base[:12])}. The checks of this pull request run the tests; costmod has not."


def _reopen(desk: Desk) -> str:
    said = _required(desk)
    if desk.pull.request.state == "merged":
        raise Refused("This pull request was merged.")
    return {
        "open": "Open again: costmod keeps it up to date.",
        "restored": "Open again, with its branch as it was: costmod keeps it up to date.",
        "superseded": "GitHub cannot open this one again; the next run opens a new one.",
    }[reopen(desk.forge, desk.pull.request, said)]


def _ignore(desk: Desk) -> str:
    said = _required(desk)
    if desk.pull.request.state == "merged":
        raise Refused("This pull request was merged.")
    rule = "--rule" in desk.command.options
    if desk.forge.label(desk.pull.request.number, (IGNORED, IGNORED_RULE) if rule else (IGNORED,)):
        raise Refused("The label that remembers it could not be set.")
    desk.forge.close(desk.pull.request.number)
    more = f"Nor will it propose any other change of {code(said.codemod)}. Those that are open stay open."
    return f"{IGNORED_NOTE} {more}" if rule else IGNORED_NOTE


# ---- the code of the pull request, read and never run ----------------------------------------------------------------


def _taken(desk: Desk, copy: Repository) -> str:
    """Bring base and head; where they parted."""
    remote = desk.forge.remote()
    base = copy.take(remote, f"refs/heads/{desk.pull.request.base}")
    if copy.take(remote, f"refs/pull/{desk.event.number}/head") != desk.pull.head:
        raise Refused("Somebody pushed meanwhile; give the command again.")
    return copy.merge_base(base, desk.pull.head) or base


def _introduced(desk: Desk) -> list[fresh.Introduced]:
    with empty_copy() as copy:
        base = _taken(desk, copy)
        config = fresh.settings_at(copy, base)
        return fresh.introduced(copy, base, desk.pull.head, config, today=desk.now.date())


def _all(desk: Desk, copy: Repository) -> list[fresh.Introduced]:
    config = fresh.settings_at(copy, copy.take(desk.forge.remote(), f"refs/heads/{desk.pull.request.base}"))
    return [fresh.Introduced(finding=finding) for finding in fresh.findings_at(copy, desk.pull.head, config)]


def _touches(one: fresh.Introduced, shown: dict[str, set[int]]) -> bool:
    return one.finding.line in shown.get(one.finding.file, set())


def _key(event: Event) -> str:
    return f"reply-{event.comment}"


def _reply_line(event: Event) -> str:
    return f"<!-- costmod:{_key(event)} -->"


def _is_recent(created: str, now: datetime) -> bool:
    return now.astimezone(UTC) - datetime.fromisoformat(created) < timedelta(days=1)
