"""Which frames belong to the project, and which function serves a request."""

import pytest

from bot.hotspots.frames import Frame, handler, is_project


@pytest.mark.parametrize(
    "file",
    ["/srv/app/shop/services.py", "shop/services.py", "./shop/services.py", "services.py", "C:\\app\\shop\\services.py",
     "/srv/app/templates/orders.html", "src/pkg/mod.pyx"],
)  # fmt: skip
def test_files_of_a_project(file: str) -> None:
    assert is_project(file)


@pytest.mark.parametrize(
    "file",
    [
        "/srv/venv/lib/python3.11/site-packages/flask/app.py", "/usr/lib/python3/dist-packages/flask/app.py",
        "/usr/lib/python3.11/json/decoder.py", "/root/.pyenv/versions/3.11.7/lib/python3.11/threading.py",
        "C:\\app\\venv\\Lib\\site-packages\\flask\\app.py", "/var/runtime/bootstrap.py", "threading.py",
        "json/decoder.py", "flask/app.py", "sqlalchemy/orm/strategies.py", "<frozen importlib._bootstrap>", "<string>",
        "~", "", "libpython3.11.so", "_queue.c", "python3",
    ],
)  # fmt: skip
def test_files_of_others(file: str) -> None:
    assert not is_project(file)


SCRIPT = Frame("run.py", "<module>", 1)
CLIENT = Frame("/venv/site-packages/werkzeug/test.py", "get", 1)
FLASK = Frame("/venv/site-packages/flask/app.py", "Flask.dispatch_request", 1)
MIDDLEWARE = Frame("/srv/app/middleware.py", "__call__", 1)
VIEW = Frame("/srv/app/views.py", "view", 1)
SERVICE = Frame("/srv/app/services.py", "service", 1)


@pytest.mark.parametrize(
    ("stack", "served_by"),
    [
        ([SCRIPT, CLIENT, FLASK, VIEW, SERVICE], VIEW),
        ([CLIENT, MIDDLEWARE, FLASK, VIEW, SERVICE], VIEW),
        ([CLIENT, VIEW, SERVICE], VIEW),
        ([SCRIPT, SERVICE], SCRIPT),
        ([CLIENT, FLASK], None),
        ([], None),
    ],
)
def test_the_function_that_serves_a_request(stack: list[Frame], served_by: Frame | None) -> None:
    assert handler(stack) == served_by
