"""The cases of `http_session`."""

from codemods.api import Case, Repeat


def _sent(statement: str) -> tuple[Repeat, ...]:
    return (Repeat("f", (), (), 20, "call", statement),)


CASES = (
    Case(
        "a loop",
        """\
import requests


def view(ids):
    found = []
    for user_id in ids:
        response = requests.get(f"https://api.example.org/users/{user_id}", timeout=5)
        found.append(response.json())
    return found
""",
        """\
import requests


def view(ids):
    found = []
    session = requests.Session()
    for user_id in ids:
        session.cookies.clear()  # none that another answer set
        response = session.get(f"https://api.example.org/users/{user_id}", timeout=5)
        found.append(response.json())
    return found
""",
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "nested loops and a loop without an end",
        """\
import requests


def view(pages):
    session = []
    while True:
        for page in pages:
            if not requests.get(page, headers={"X": "1"}).ok:
                return session
            session.append(requests.get(page).text)
""",
        """\
import requests


def view(pages):
    session = []
    http_session = requests.Session()
    while True:
        for page in pages:
            http_session.cookies.clear()  # none that another answer set
            if not http_session.get(page, headers={"X": "1"}).ok:
                return session
            http_session.cookies.clear()
            session.append(http_session.get(page).text)
""",
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a loop in a with statement",
        """\
import requests


def view(urls, log):
    for url in urls:
        with requests.post(
            url, json={},
        ) as response:
            log(response.status_code)
""",
        """\
import requests


def view(urls, log):
    session = requests.Session()
    for url in urls:
        session.cookies.clear()  # none that another answer set
        with session.post(
            url, json={},
        ) as response:
            log(response.status_code)
""",
        _sent("POST api.example.org/users"),
    ),
    Case(
        "a comprehension",
        """\
import requests


# Users by their numbers.
def view(ids):
    return [requests.get(f"https://api.example.org/users/{i}").json() for i in ids]
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


# Users by their numbers.
def view(ids):
    return [_session().get(f"https://api.example.org/users/{i}").json() for i in ids]
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "two requests of a statement",
        """\
import requests


def view(urls):
    for url in urls:
        print(requests.get(url).text, requests.get(url + "/x").text)
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(urls):
    for url in urls:
        print(_session().get(url).text, _session().get(url + "/x").text)
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a function that is called often",
        """\
import requests


def view(user_id: int) -> dict:
    return requests.request("GET", f"https://api.example.org/users/{user_id}", verify=False).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session() -> requests.Session:
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(user_id: int) -> dict:
    return _session().request("GET", f"https://api.example.org/users/{user_id}", verify=False).json()
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a method, its arguments aligned",
        """\
from __future__ import annotations

import requests


@final
class Client(object):
    def __init__(self, host):
        self.host = host

    def fetch(self, path):
        response = requests.get(self.host + path, timeout=3,
                                headers={'A': 'b'},
            params={'c': 'd'})
        return response.json()


def view():
    return Client('https://api.example.org').fetch('/users')
""",
        '''\
from __future__ import annotations

import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, 'process', None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


@final
class Client(object):
    def __init__(self, host):
        self.host = host

    def fetch(self, path):
        response = _session().get(self.host + path, timeout=3,
                                  headers={'A': 'b'},
            params={'c': 'd'})
        return response.json()


def view():
    return Client('https://api.example.org').fetch('/users')
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "imports of the standard library",
        """\
import json
import os
import zlib

import requests

_local = {}
_session = None


def view(url):
    return requests.get(url).json()
""",
        '''\
import json
import os
import threading
import zlib

import requests

_local = {}
_session = None


_thread_local = threading.local()


def _http_session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_thread_local, "process", None) != os.getpid():
        _thread_local.process, _thread_local.session = os.getpid(), requests.Session()
    _thread_local.session.cookies.clear()
    return _thread_local.session


def view(url):
    return _http_session().get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "standard imports of names only",
        """\
from json import loads

import requests


def view(url):
    return requests.get(url).json()
""",
        '''\
import os
import threading
from json import loads

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    return _session().get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a function of the library by itself",
        """\
import os
import threading
from requests import get


def view(url):
    return get(url).json()
""",
        '''\
import os
import threading
from requests import Session, get


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    return _session().get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a name for the library, a session of the file",
        """\
import os
import threading

import requests as rq


_local = threading.local()


def _session():
    if not hasattr(_local, "session"):
        _local.session = rq.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url, other):
    print(_session().post(other))
    return rq.get(url).json()
""",
        """\
import os
import threading

import requests as rq


_local = threading.local()


def _session():
    if not hasattr(_local, "session"):
        _local.session = rq.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url, other):
    print(_session().post(other))
    return _session().get(url).json()
""",
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a session of the file that may not serve this request",
        """\
import os
import threading

import requests


_local = threading.local()


def _session():
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url, verify):
    return requests.get(url, verify=verify).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    _local.session.cookies.clear()
    return _local.session


_thread_local = threading.local()


def _http_session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_thread_local, "process", None) != os.getpid():
        _thread_local.process, _thread_local.session = os.getpid(), requests.Session()
    _thread_local.session.cookies.clear()
    return _thread_local.session


def view(url, verify):
    return _http_session().get(url, verify=verify).json()
''',
        _sent("GET api.example.org/users/{}"),
        tier="C",
    ),
    Case(
        "options that only the caller knows",
        """\
import requests


def view(url, **options):
    return requests.get(url, **options).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url, **options):
    return _session().get(url, **options).json()
''',
        _sent("GET api.example.org/users/{}"),
        tier="C",
    ),
    Case(
        "a loop of httpx",
        """\
import httpx


def view(urls):
    found = []
    for url in urls:
        found.append(httpx.get(url, timeout=3).json())
    return found
""",
        """\
import httpx


def view(urls):
    found = []
    client = httpx.Client()
    for url in urls:
        client.cookies.clear()  # none that another answer set
        found.append(client.get(url, timeout=3).json())
    return found
""",
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "httpx, redirects and cookies",
        """\
import httpx


def view(url):
    return httpx.get(url, follow_redirects=True).cookies
""",
        '''\
import os
import threading

import httpx


_local = threading.local()


def _client():
    """The client of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.client = os.getpid(), httpx.Client()
    _local.client.cookies.clear()
    return _local.client


def view(url):
    return _client().get(url, follow_redirects=True).cookies
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "tests that answer below the library",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    return _session().get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
        files={
            "tests/test_app.py": """\
import responses
from app import view


@responses.activate
def test_view(monkeypatch):
    monkeypatch.setattr("requests.sessions.Session.request", None)
"""
        },
    ),
    Case(
        "tests that replace the call for another file",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    return _session().get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
        files={
            "tests/test_app.py": """\
import other


def test_other(mocker):
    mocker.patch("other.requests.get")
"""
        },
    ),
    Case(
        "a second condition",
        """\
import requests


def view(urls, seen):
    for url in urls:
        if url in seen:
            print(url)
        elif requests.get(url).ok:
            seen.append(url)
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(urls, seen):
    for url in urls:
        if url in seen:
            print(url)
        elif _session().get(url).ok:
            seen.append(url)
''',
        _sent("GET api.example.org/users/{}"),
        files={
            "tests/test_other.py": """\
import app
"""
        },
    ),
    Case(
        "a session for one request",
        """\
import requests


def view(url):
    session = requests.Session()
    return session.get(url).json()
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    session = _session()
    return session.get(url).json()
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a block with a session for one request",
        """\
import requests


def view(url):
    if url:
        with requests.Session() as session:
            response = session.get(
                url,
            )

            return response.json()
    return None
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    if url:
        session = _session()
        response = session.get(
            url,
        )

        return response.json()
    return None
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a session class by itself, in a loop",
        """\
from requests import Session


def view(urls):
    for url in urls:
        with Session() as session:
            print(session.get(url).json())
""",
        '''\
import os
import threading

from requests import Session


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), Session()
    _local.session.cookies.clear()
    return _local.session


def view(urls):
    for url in urls:
        session = _session()
        print(session.get(url).json())
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "a function that keeps, one that does not",
        """\
import requests


def view(url):
    keeps(url)
    return requests.get(url)


def keeps(url):
    session = requests.Session()
    return session.get(url), session.get(url)
""",
        '''\
import os
import threading

import requests


_local = threading.local()


def _session():
    """The session of this thread; it keeps connections, and no cookies."""
    if getattr(_local, "process", None) != os.getpid():
        _local.process, _local.session = os.getpid(), requests.Session()
    _local.session.cookies.clear()
    return _local.session


def view(url):
    keeps(url)
    return _session().get(url)


def keeps(url):
    session = requests.Session()
    return session.get(url), session.get(url)
''',
        _sent("GET api.example.org/users/{}"),
    ),
    Case(
        "no request",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        (Repeat("f", ("user",), ("user.id",), 20, statement="SELECT 1"),),
        code="R-UNRESOLVED",
    ),
    Case(
        "a command of another service",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
    ),
    Case(
        "a method that no function has",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("TRACE api.example.org/users"),
        code="R-UNRESOLVED",
    ),
    Case(
        "another method",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("POST api.example.org/users"),
        code="R-UNRESOLVED",
    ),
    Case(
        "a function of another library",
        """\
import requests


def view(session):
    return session.get("https://api.example.org")
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-UNRESOLVED",
    ),
    Case(
        "two functions",
        """\
import requests


def view(url):
    return requests.get(url).json(), other(url)


def other(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-AMBIGUOUS",
    ),
    Case(
        "a session of the loop",
        """\
import requests


def view(urls):
    session = requests.Session()
    return [session.get(url).json() for url in urls]
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-BATCHED",
    ),
    Case(
        "a stream",
        """\
import requests


def view(url):
    return requests.get(url, stream=True)
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-STREAM",
    ),
    Case(
        "a client certificate",
        """\
import requests


def view(url):
    return requests.get(url, cert="client.pem").json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "a login of the connection",
        """\
import requests


def view(url, auth):
    return requests.get(url, auth=HttpNtlmAuth(*auth)).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "an option of a whole client",
        """\
import httpx


def view(url):
    return httpx.get(url, verify=False).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "options of httpx that only the caller knows",
        """\
import httpx


def view(url, **options):
    return httpx.get(url, **options).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "rounds to different hosts",
        """\
import requests


def view():
    for url in ("https://a.example.org", "https://b.example.org"):
        print(requests.get(url).text)
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-COND",
    ),
    Case(
        "tests that replace the call",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """\
from unittest.mock import patch


@patch("app.requests.get")
def test_it(get):
    pass
"""
        },
    ),
    Case(
        "tests that replace the library",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """\
import app


def test_it(monkeypatch):
    monkeypatch.setattr(app, "requests", None)
"""
        },
    ),
    Case(
        "tests that replace the function of the library",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """\
import requests
from app import view


def test_it(monkeypatch):
    monkeypatch.setattr(requests, "get", None)
"""
        },
    ),
    Case(
        "tests of a caller that replace the function of the library",
        """\
import requests


def view(url):
    return fetch_users(url)


def fetch_users(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """\
import requests


def test_it():
    requests.get = None
    client.get("/view")
    fetch_users()
"""
        },
    ),
    Case(
        "a common fixture that replaces the call",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/conftest.py": """\
import requests


def pytest_configure():
    requests.get = None
"""
        },
    ),
    Case(
        "a session that tests replace",
        """\
import requests


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """\
from unittest.mock import patch


def test_app():
    with patch("app.requests"):
        pass
"""
        },
    ),
    Case(
        "an import of the function only",
        """\
def view(url):
    import requests

    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "two libraries",
        """\
import httpx
import requests


def view(url):
    return requests.get(url).json(), httpx.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "another thing by the name",
        """\
import requests


os = None


def view(url):
    return requests.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "a session that is set up",
        """\
import requests


def view(url):
    session = requests.Session()
    session.headers["A"] = "b"
    return session.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "a session that is handed on",
        """\
import requests


def view(url):
    with requests.Session() as session, open("x"):
        return session.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-UNRESOLVED",
    ),
    Case(
        "a session with a text over several lines",
        """\
import requests


def view(url):
    with requests.Session() as session:
        return session.get(url, data='''
    a
''').json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "a session that sends another way",
        """\
import requests


def view(url):
    session = requests.Session()
    get = session.get
    return get(url), requests.Session().get(url)
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
    Case(
        "a client that is given options",
        """\
import httpx


def view(url):
    client = httpx.Client(verify=False)
    return client.get(url).json()
""",
        None,
        _sent("GET api.example.org/users/{}"),
        code="R-SHAPE",
    ),
)
