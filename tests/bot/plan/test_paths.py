"""From a path of a container to one of the repository: the longest common tail, nothing on a tail of none."""

import pytest

from bot.plan.paths import repository_paths

FILES = ("admin/views.py", "api/shop/views.py", "reviews.py", "shop/models.py", "shop/views.py", "views.py")


@pytest.mark.parametrize(
    ("deployed", "expected"),
    [
        pytest.param("shop/models.py", ["shop/models.py"], id="the path itself"),
        pytest.param("/srv/app/shop/models.py", ["shop/models.py"], id="below a container's folder"),
        pytest.param("C:\\srv\\shop\\models.py", ["shop/models.py"], id="on Windows"),
        pytest.param("/srv/api/shop/views.py", ["api/shop/views.py"], id="the longest tail"),
        pytest.param("/srv/shop/views.py", ["shop/views.py"], id="a whole path before a longer file"),
        pytest.param("/srv/elsewhere/views.py", ["views.py"], id="a whole path of one name"),
        pytest.param("/lib/other/models.py", ["shop/models.py"], id="the file name alone"),
        pytest.param("/srv/reviews.py", ["reviews.py"], id="no part of a name"),
        pytest.param("/srv/shop/forms.py", [], id="no such file"),
        pytest.param("shop", [], id="a folder"),
        pytest.param("<string>", [], id="no file"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_repository_paths(deployed: str, expected: list[str]) -> None:
    assert repository_paths(FILES, deployed) == expected


def test_two_files_with_the_same_tail_are_both_told() -> None:
    files = ("a/shop/views.py", "b/shop/views.py", "c/views.py")
    assert repository_paths(files, "/srv/shop/views.py") == ["a/shop/views.py", "b/shop/views.py"]
    assert repository_paths((), "/srv/shop/views.py") == []
