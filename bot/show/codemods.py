"""`costmod codemods`: the list, and one codemod explained from its own docstring and cases."""

import difflib
import inspect

from codemods.api import Case, Codemod
from codemods.refusals import REFUSALS


def listing(known: dict[str, Codemod]) -> str:
    """Per codemod its id, tier and hotspot kinds, its first sentence, and what it was measured to do."""
    return "".join(
        f"{id_}  tier {codemod.META.tier}  {', '.join(codemod.META.kinds)}\n    {_doc(codemod).splitlines()[0]}\n"
        + (f"    Measured: {codemod.META.effect}.\n" if codemod.META.effect else "")
        for id_, codemod in sorted(known.items())
    )


def explain(codemod: Codemod) -> str:
    """Docstring, needed libraries, each changed case as a diff, each untouched case with its code."""
    meta = codemod.META
    libraries = ", ".join(f"{name} {version}" for name, version in meta.libraries.items())
    changed = [case for case in codemod.CASES if case.after is not None]
    untouched = [case for case in codemod.CASES if case.after is None]
    effect = [f"Measured: {meta.effect}.", ""] if meta.effect else []
    lines = [
        f"{meta.id} (tier {meta.tier}; {libraries})",
        "",
        _doc(codemod),
        "",
        *effect,
        f"Changes ({len(changed)} cases)",
    ]
    for case in changed:
        lines += ["", f"  {case.name}", *(f"    {line}" for line in _diff(case))]
    lines += ["", f"Leaves alone ({len(untouched)} cases)", ""]
    lines += [f"  {case.code}: {case.name}" for case in untouched]
    lines += ["", "What the codes mean", ""]
    lines += [f"  {code}: {REFUSALS[code]}" for code in sorted({case.code for case in untouched if case.code})]
    return "\n".join(lines) + "\n"


def _doc(codemod: Codemod) -> str:
    return inspect.cleandoc(codemod.__doc__ or "")


def _diff(case: Case) -> list[str]:
    lines = difflib.unified_diff(case.before.splitlines(), (case.after or "").splitlines(), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
