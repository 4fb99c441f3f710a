"""From a path as a container knew it to a path of the repository: the longest common tail decides."""

from pathlib import PurePosixPath


def repository_paths(files: tuple[str, ...], deployed: str) -> list[str]:
    """The files that share the longest tail with a deployed path such as `/srv/app/shop/services.py`.

    More than one only when their tails are equally long; empty when not even the file name is known.
    """
    wanted = PurePosixPath(deployed.replace("\\", "/")).parts
    tails = {path: _common_tail(PurePosixPath(path).parts, wanted) for path in files if path.endswith(wanted[-1:])}
    best = max(tails.values(), default=0)
    whole = [path for path, tail in tails.items() if tail == best and best == len(PurePosixPath(path).parts)]
    return whole or [path for path, tail in tails.items() if tail == best and best]


def _common_tail(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y:
            break
        count += 1
    return count
