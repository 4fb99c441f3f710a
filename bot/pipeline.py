"""The story on one screen: plan, prove, price, publish; each step takes results and hands results on."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.config import Config
from bot.records import Hotspot, Outcome, Patch, Proof, Refusal, Result

if TYPE_CHECKING:
    from bot.price.estimate import Priced
    from bot.price.sources import Sources
    from bot.prove.checkout import Checkout
    from bot.publish.forge import Forge
    from bot.show.console import Screen
    from codemods.index import Index

Step = Callable[[str], AbstractContextManager[object]]  # shows a line of progress while it is entered


def run(
    repository: Path, hotspots: Sequence[Hotspot], config: Config, forge: "Forge | None", screen: "Screen"
) -> list[Result]:
    """The main job on the commit that is checked out; without a forge everything but publishing.

    The results are not shown yet: whoever called writes them down first.

    Raises:
        UserError: the repository, its settings or the forge cannot be used.
    """
    from bot.price.sources import read_sources
    from bot.prove.checkout import checkout, current_branch
    from codemods.index import Index

    sources = read_sources(config.price, repository, hotspots)  # first: a wrong bill should not cost a run of the tests
    with checkout(repository) as tree:
        base = (config.publish.base or current_branch(repository)) if forge is not None else ""
        screen.heading("hotspots")
        screen.hotspots(hotspots)
        index = Index(tree.path, config.exclude, endpoints=config.endpoints())
        results = plan_all(hotspots, index, stacked=False)
        if forge is not None:
            results = without_closed(results, forge, repository, config)
        results = prove_most_costly(results, tree, repository, config, screen.step)
        results = price_all(results, config, datetime.now(UTC).date(), sources)
        if forge is not None:
            results = publish_all(results, forge, repository, config, base=base, commit=tree.commit)
    return results


def plan_all(hotspots: Iterable[Hotspot], index: "Index", *, stacked: bool) -> list[Result]:
    """Every patch and every refusal, in the order of the hotspots.

    `stacked` patches see the text that earlier ones left, to be written together; others stand on the commit itself,
    each to become a pull request of its own.
    """
    from bot.plan.again import plan_again
    from codemods.cache import save_answers
    from codemods.index.interpreter import planning

    results = []
    with planning():
        for hotspot in hotspots:
            for found in plan_again(hotspot, index, _plan):
                if not isinstance(found, Patch):
                    what: Outcome = "nothing_to_do" if found.done else "refused"
                    results.append(Result(hotspot=hotspot, outcome=what, refusal=found))
                    continue
                results.append(Result(hotspot=hotspot, outcome="planned", patch=found))
                if stacked:
                    index = index.edited({change.path: change.after for change in found.changes})
    index.tree.save()
    save_answers()
    return results


def _plan(hotspot: Hotspot, index: "Index") -> "list[Patch | Refusal]":
    from bot.plan.plan import plan  # it loads the codemods, which a plan that is known needs not

    return plan(hotspot, index)


def without_closed(results: Iterable[Result], forge: "Forge", repository: Path, config: Config) -> list[Result]:
    """Put first what people ask for, and stop what they closed, so that the next in line gets its turn.

    Looks until as many are left as pull requests are wanted.
    """
    from bot.plan.prefix import from_top
    from bot.prove.checkout import path_from_top
    from bot.publish.publish import is_wanted, people_said, why_no

    prefix, said, wanted = path_from_top(repository), people_said(forge, config), config.publish.max_pull_requests
    done = []

    def is_asked(result: Result) -> bool:
        return result.patch is not None and is_wanted(forge, from_top(result.patch, prefix), said)

    for result in sorted(results, key=lambda result: not is_asked(result)) if said.asked else results:
        reason = ""
        if wanted and result.outcome == "planned" and result.patch:
            reason = why_no(forge, from_top(result.patch, prefix), said)
            wanted -= not reason
        done.append(replace(result, outcome="stopped", reason=reason) if reason else result)
    return done


def prove_most_costly(
    results: Iterable[Result], checkout: "Checkout", repository: Path, config: Config, step: Step
) -> list[Result]:
    """Prove planned patches, dearest first, until as many hold as pull requests are wanted; defer the rest."""
    from bot.prove.prove import prove

    done = []
    wanted = config.publish.max_pull_requests
    for result in results:
        if result.outcome != "planned" or result.patch is None:
            done.append(result)
        elif not wanted:
            reason = "one at a time: --max-pull-requests takes more"
            done.append(replace(result, outcome="deferred", reason=reason))
        else:
            with step(f"tests before and after the change to {result.patch.site.file}"):
                proof = prove(checkout, repository, result.patch, config)
            wanted -= proof.verdict != "broken"
            done.append(replace(result, proof=proof, patch=_with_test(result.patch, proof, config)))
    return done


def _with_test(patch: Patch, proof: Proof, config: Config) -> Patch:
    """The patch with the regression test, where the settings ask for it."""
    if config.regression_test != "add" or proof.regression_test is None:
        return patch
    from bot.plan.plan import diff

    changes = (*patch.changes, proof.regression_test.change)
    return replace(patch, changes=changes, diff=diff(changes))


def price_all(results: Iterable[Result], config: Config, today: date, sources: "Sources") -> list[Result]:
    """Price every patch that was proven, by what the sources know."""
    return [
        replace(result, saving=priced.saving) if priced else result
        for result, priced in priced_all(results, config, today, sources)
    ]


def priced_all(
    results: Iterable[Result], config: Config, today: date, sources: "Sources"
) -> "list[tuple[Result, Priced | None]]":
    """The same with the model of each, which an attribution of the bill needs."""
    from bot.price.bill.resources import resources
    from bot.price.estimate import calculate
    from bot.price.portfolio import together

    results = list(results)
    found = resources(sources.bill, config.price) if sources.bill else ()
    alone = [
        calculate(r.hotspot, r.patch, r.proof, config, today=today, sources=sources, found=found)
        if r.patch and r.proof
        else None
        for r in results
    ]
    joint = iter(together([priced for priced in alone if priced]))
    return [(result, next(joint) if priced else None) for result, priced in zip(results, alone, strict=True)]


def publish_all(
    results: Iterable[Result], forge: "Forge", repository: Path, config: Config, *, base: str, commit: str
) -> list[Result]:
    """Open or update a pull request for every patch whose proof allows it; close what is fixed by now."""
    from bot.plan.prefix import from_top
    from bot.prove.checkout import path_from_top
    from bot.publish.act import Candidate
    from bot.publish.publish import publish

    results = list(results)
    prefix = path_from_top(repository)
    ready = {
        place: Candidate(hotspot=r.hotspot, patch=from_top(r.patch, prefix), proof=r.proof, saving=r.saving)
        for place, r in enumerate(results)
        if r.patch and r.proof and r.saving
    }
    requests = publish(
        forge, repository, list(ready.values()), config, base=base, commit=commit, fixed=_fixed(results),
        refused=[r.refusal for r in results if r.refusal and not r.refusal.done],
        deferred=[from_top(r.patch, prefix) for r in results if r.patch and r.outcome == "deferred"],
        today=datetime.now(UTC).date(),
    )  # fmt: skip
    for place, request in zip(ready, requests, strict=True):
        outcome: Outcome = "stopped" if request.operation == "skipped" else "published"
        results[place] = replace(results[place], pull_request=request, outcome=outcome, reason=request.reason)
    return results


def _fixed(results: Iterable[Result]) -> frozenset[str]:
    """The hotspots whose code is right already, whatever it was that the APM saw."""
    results = list(results)
    open_ = {r.hotspot.id for r in results if r.outcome != "nothing_to_do"}
    return frozenset({r.hotspot.id for r in results} - open_)
