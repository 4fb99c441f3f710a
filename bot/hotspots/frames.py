"""Frames of a call stack: which belong to the project, which only wait, and which load related rows lazily."""

import sys
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from bot.hotspots.libraries import LIBRARIES
from bot.hotspots.values import is_project_file

PROJECT_SUFFIXES = ("py", "pyw", "pyx", "html", "htm", "jinja", "jinja2", "j2", "mako", "txt", "xml")  # templates run
# Python itself, its standard library and what a cloud's own runtime brings along.
FOREIGN_PARTS = ("/lib/python", "/lib64/python", "/var/runtime/", "/opt/python/", ".zip/")
SCOPES = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>", "<lambda>")
WAITING = frozenset(
    {"wait", "_wait", "_try_wait", "_wait_for_tstate_lock", "select", "poll", "accept", "sleep", "join", "acquire",
     "serve_forever", "get", "_run_once", "_worker", "switch"}
)  # fmt: skip
WAITING_FILES = (
    "/threading.py", "/selectors.py", "/socket.py", "/socketserver.py", "/queue.py", "/asyncio/base_events.py",
    "/subprocess.py", "/multiprocessing/connection.py", "/multiprocessing/popen_fork.py",
    "/concurrent/futures/thread.py", "/gevent/hub.py", "/eventlet/hubs/hub.py", "/gunicorn/arbiter.py",
    "/gunicorn/workers/sync.py",
)  # fmt: skip
SLEEPS = frozenset({"sleep", "<built-in method time.sleep>", "<method 'poll' of 'select.epoll' objects>"})
# Where a framework calls the function that serves the request or task.
DISPATCHERS = frozenset(
    {
        ("flask/app.py", "dispatch_request"),
        ("django/core/handlers/base.py", "_get_response"),
        ("django/core/handlers/base.py", "_get_response_async"),
        ("rest_framework/views.py", "dispatch"),
        ("fastapi/routing.py", "run_endpoint_function"),
        ("starlette/routing.py", "app"),
        ("celery/app/trace.py", "trace_task"),
        ("pyramid/router.py", "handle_request"),
    }
)
DATABASE_PARTS = ("sqlalchemy/orm/", "sqlalchemy/engine/", "sqlalchemy/sql/", "django/db/")
RELATED = "django/db/models/fields/related_descriptors.py"
GENERIC = "django/contrib/contenttypes/fields.py"
QUERYSET = "django/db/models/query.py"
_IMPORTING = frozenset({"exec_module", "_LoaderBasics.exec_module", "_call_with_frames_removed", "_find_and_load"})
MANAGER_METHODS = frozenset({"get_queryset", "_apply_rel_filters", "get_prefetch_queryset"})


class Frame(NamedTuple):
    """One call in a stack. `line` is the line that ran, None where the profiler knows only the function."""

    file: str
    function: str  # qualified where the profiler knows it
    line: int | None


Stack = Sequence[Frame]  # root first


@cache
def is_project(file: str) -> bool:
    """Whether a frame's file can belong to the project; relative names are told by their first folder."""
    path = file.replace("\\", "/").removeprefix("./")
    if not is_project_file(path) or path.rpartition(".")[2].lower() not in PROJECT_SUFFIXES:
        return False
    if any(part in path.lower() for part in FOREIGN_PARTS):
        return False
    absolute = path.startswith("/") or path[1:3] == ":/"
    top = path.partition("/")[0].removesuffix(".py")
    return absolute or (top not in sys.stdlib_module_names and top not in LIBRARIES)


def deepest_project(stack: Stack, below: int | None = None) -> int | None:
    """The position of the deepest project frame, of those before `below` where it is given."""
    end = len(stack) if below is None else below
    return next((n for n in reversed(range(end)) if is_project(stack[n].file)), None)


def handler(stack: Stack) -> Frame | None:
    """The project function that a framework calls for the request, or the outermost one."""
    called = [n for n in range(len(stack)) if is_project(stack[n].file)]
    dispatched = max((n for n, frame in enumerate(stack) if _dispatches(frame)), default=-1)
    inner = [n for n in called if n > dispatched]
    entered = [n for n in inner if n and not is_project(stack[n - 1].file)]
    chosen = next(iter(entered or inner or called), None)
    return None if chosen is None else stack[chosen]


def is_idle(stack: Stack) -> bool:
    """Whether the stack only waits: in a lock, a selector, an accept or a sleep."""
    leaf = stack[-1]
    if is_project(leaf.file):
        return False
    if leaf.function in SLEEPS:
        return True
    return plain_function(leaf.function) in WAITING and f"/{leaf.file}".replace("\\", "/").endswith(WAITING_FILES)


def lazy_load(stack: Stack) -> int | None:
    """The position of the deepest frame that loads a relationship when it is read."""
    return next((n for n in reversed(range(len(stack))) if _loads_lazily(stack, n)), None)


def builds_manager(stack: Stack) -> bool:
    """Whether Django builds the rows of a reverse or many-to-many manager: `book.reviews.all()`."""
    return any(frame.file.endswith(RELATED) and plain_function(frame.function) in MANAGER_METHODS for frame in stack)


def fetches_rows(stack: Stack) -> bool:
    """Whether a Django queryset is being evaluated."""
    return any(frame.file.endswith(QUERYSET) and _evaluates(frame) for frame in stack)


def in_database(stack: Stack) -> bool:
    """Whether the stack is inside a database layer."""
    return any(part in frame.file for frame in stack for part in DATABASE_PARTS)


def imports(stack: Stack) -> bool:
    """Whether a module is being imported: what that allocates stays, and what it costs is paid once."""
    return any("importlib" in frame.file and frame.function in _IMPORTING for frame in stack)


def plain_function(name: str) -> str:
    """The function's own name: without module, class and enclosing functions."""
    return name.rpartition(".")[2] if not name.endswith(">") else name.rpartition(">.")[2]


def enclosing(stack: Stack, position: int) -> str:
    """The name of the function at a position; a comprehension or lambda counts as the function around it."""
    frame = stack[position]
    while position and frame.function.endswith(SCOPES):
        if frame.function not in SCOPES and (outer := frame.function.rpartition(".<locals>.")[0]):
            return outer
        position -= 1
        if stack[position].file != frame.file:
            break
        frame = stack[position]
    return frame.function


def _dispatches(frame: Frame) -> bool:
    name = plain_function(frame.function)
    return any(name == function and frame.file.endswith(file) for file, function in DISPATCHERS)


def _loads_lazily(stack: Stack, position: int) -> bool:
    file, function, _ = stack[position]
    name = plain_function(function)
    if file.endswith("sqlalchemy/orm/strategies.py"):
        return name == "_load_for_state" and "Deferred" not in function
    if name == "__get__" and file.endswith((RELATED, GENERIC)):
        return any("django/db/" in frame.file for frame in stack[position + 1 :])
    return False


def _evaluates(frame: Frame) -> bool:
    return plain_function(frame.function) in ("_fetch_all", "iterator", "get", "count", "exists", "first", "last")
