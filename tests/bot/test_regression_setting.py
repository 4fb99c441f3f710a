"""Where the settings ask for it, the regression test is a part of the patch."""

import msgspec
import pytest
from rig import sample

from bot.config import Config
from bot.pipeline import _with_test
from bot.records import Change, RegressionTest

TEST = Change(path="tests/test_views.py", before="a = 1\n", after="a = 1\nb = 2\n")
KEPT = RegressionTest(test="t", style="s", code="b = 2\n", change=TEST, green="passed", red="failed")


@pytest.mark.parametrize(
    ("setting", "kept", "added"), [("add", KEPT, True), ("add", None, False), ("show", KEPT, False)]
)
def test_added_only_when_asked(setting: str, kept: RegressionTest | None, added: bool) -> None:
    patch, proof = sample.patch(), msgspec.structs.replace(sample.proof(), regression_test=kept)
    found = _with_test(patch, proof, Config(regression_test=setting))
    assert found.changes == (*patch.changes, *([TEST] if added else []))
    assert ("+b = 2\n" in found.diff) == added
