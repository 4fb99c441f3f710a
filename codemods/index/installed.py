"""Whether a file runs on a version of a library: what the manifests around it say, read once and then remembered."""

from hashlib import sha256
from pathlib import PurePosixPath

from codemods.cache import answer
from codemods.index.remember import remembered
from codemods.index.tree import Tree


class Installed:
    """Answers from the tracked manifests of a checkout; those on disk are under the content of all that count."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def at_least(self, path: str, library: str, version: str) -> bool:
        """Whether the code of the file meets no older version of the library (its name on PyPI)."""
        return self._answer("at least", path, library, version)

    def below(self, path: str, library: str, version: str) -> bool:
        """Whether the code of the file meets only older versions."""
        return self._answer("below", path, library, version)

    @remembered
    def _answer(self, how: str, path: str, library: str, version: str) -> bool:
        folder = path.rpartition("/")[0]

        def work() -> str:
            from codemods.index.libraries import Libraries  # readers of all kinds of manifests

            found = Libraries(self._tree).versions(path, library)
            return str(found.at_least(version) if how == "at least" else found.below(version))

        question = ("library", how, library, version, folder, *self._said(folder))
        return answer(question, ("packaging",), work) == "True"

    def _said(self, folder: str) -> list[str]:
        """The manifests of the folders above, with their content."""
        above = [p for p in self._tree.manifests if f"{folder}/".startswith(f"{home(p)}/" if home(p) else "")]
        texts = ((path, self._tree.source(path)) for path in above)
        return [f"{path} {sha256(text.encode()).hexdigest()}" for path, text in texts if text is not None]


def home(manifest: str) -> str:
    """The folder for which a manifest speaks: `requirements/base.txt` for the one above."""
    folder = PurePosixPath(manifest).parent
    if folder.name == "requirements" and manifest.endswith(".txt"):
        folder = folder.parent
    return "" if str(folder) == "." else str(folder)
