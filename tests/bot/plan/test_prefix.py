"""A patch of a sub-project, seen from the top: every path and the fingerprint, and nothing else."""

import msgspec
import pytest
from rig.sample import patch

from bot.plan.plan import diff, fingerprint
from bot.plan.prefix import from_top
from bot.records import Change

SQL = '"""\n-- a/b\n++ b/c\n"""\n'  # removed and added lines that look like the header of a diff
CHANGE = Change(path="shop/sql.py", before=SQL + "x = 1\n", after=SQL.replace("-- a/b", "+ b/b") + "x = 2\n")


def test_at_the_top_nothing_changes() -> None:
    assert from_top(patch(), "") == patch()


def test_below_the_top_every_path_is_whole() -> None:
    before = patch(changes=(CHANGE,), diff=diff([CHANGE]))
    site = msgspec.structs.replace(before.site, file="services/api/blog/views.py")
    assert from_top(before, "services/api/") == msgspec.structs.replace(
        before,
        fingerprint=fingerprint(before.codemod, "services/api/blog/views.py", "list_posts", ("Post.author",)),
        site=site,
        changes=(Change(path="services/api/shop/sql.py", before=CHANGE.before, after=CHANGE.after),),
        diff=before.diff.replace("a/shop/", "a/services/api/shop/").replace("b/shop/", "b/services/api/shop/"),
    )


@pytest.mark.parametrize("prefix", ["a/", "b/"])
def test_two_sub_projects_with_the_same_file_are_two_findings(prefix: str) -> None:
    assert from_top(patch(), prefix).fingerprint not in {patch().fingerprint, from_top(patch(), "c/").fingerprint}
