"""The cases of `http-concurrent`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

READ = Repeat("f", (), (), 20, "call", "GET api.example.org/users/{}")
LOOKED = Repeat("f", (), (), 20, "call", "HEAD api.example.org/users/{}")
SOON = Repeat("f", (), (), 20, "call", "GET api.example.org/users/{}", mean_ns=900_000)
POSTED = Repeat("f", (), (), 20, "call", "POST api.example.org/users")

CASES: tuple[Case, ...] = (
    Case(
        "answers that are checked",
        """\
import requests

API = "https://api.example.org"


def view(ids: list[int]):
    found = []
    for user_id in ids:
        response = requests.get(f"{API}/users/{user_id}", timeout=5)
        response.raise_for_status()
        found.append(response.json())
    return found
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests

API = "https://api.example.org"


def view(ids: list[int]):
    found = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [
            pool.submit(
                copy_context().run, requests.get, f"{API}/users/{user_id}", timeout=5
            )
            for user_id in ids
        ]
    for user_id, future in zip(ids, futures):
        response = future.result()
        response.raise_for_status()
        found.append(response.json())
    return found
""",
        (READ,),
        tier="C",
    ),
    Case(
        "errors of a round are caught, an address that a round builds",
        """\
import requests


def view(orders):
    users = []
    for number, order in enumerate(orders):
        url = f"https://api.example.org/users/{order.user_id}"
        try:
            response = requests.get(url, headers={"X": "1"}, params={"full": order.full})
            users.append(response.json())
        except requests.RequestException:
            users.append(None)
        print(number)
    return users
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests


def view(orders):
    users = []
    rounds = list(orders)
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [
            pool.submit(
                copy_context().run,
                requests.get,
                f"https://api.example.org/users/{order.user_id}",
                headers={"X": "1"},
                params={"full": order.full},
            )
            for order in rounds
        ]
    for (number, order), future in zip(enumerate(rounds), futures):
        try:
            response = future.result()
            users.append(response.json())
        except requests.RequestException:
            users.append(None)
        print(number)
    return users
""",
        (READ,),
        tier="C",
    ),
    Case(
        "a client of its own, a comprehension",
        """\
import httpx


def view(ids: list[int]):
    with httpx.Client() as client:
        return [client.get(f"https://api.example.org/users/{key}").json()["name"] for key in ids]
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import httpx


def view(ids: list[int]):
    with httpx.Client() as client:
        with ThreadPoolExecutor(max_workers=8) as pool:
            futures = [
                pool.submit(
                    copy_context().run, client.get, f"https://api.example.org/users/{key}"
                )
                for key in ids
            ]
        return [future.result().json()["name"] for key, future in zip(ids, futures)]
""",
        (READ,),
        tier="C",
    ),
    Case(
        "a name that is imported, a short line, names that are taken",
        """\
from requests import head


def view(a: list[str], pool, futures):
    for b in a:
        print(head(b).ok, pool, futures)
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from requests import head


def view(a: list[str], pool, futures):
    with ThreadPoolExecutor(max_workers=8) as executor:
        sent_requests = [executor.submit(copy_context().run, head, b) for b in a]
    for b, future in zip(a, sent_requests):
        print(future.result().ok, pool, futures)
""",
        (LOOKED,),
        tier="C",
    ),
    Case(
        "more that a round builds",
        """\
import requests


def view(ids, token):
    for index, user_id in enumerate(ids):
        url = "https://api.example.org/" + user_id
        other = url
        last = other; page = url + "/1"
        print(index, requests.get(page, auth=token, params={"page": index}).text, last)
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests


def view(ids, token):
    items = list(enumerate(ids))
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [
            pool.submit(
                copy_context().run,
                requests.get,
                "https://api.example.org/" + user_id + "/1",
                auth=token,
                params={"page": index},
            )
            for index, user_id in items
        ]
    for (index, user_id), future in zip(items, futures):
        url = "https://api.example.org/" + user_id
        other = url
        last = other; page = url + "/1"
        print(index, future.result().text, last)
""",
        (READ,),
        tier="C",
    ),
    Case(
        "text within text",
        """\
import requests


def view(ids):
    for user_id in ids:
        url = "https://api.example.org/" + user_id
        page = f"{url}/1"
        print(requests.get(page).text)
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "tests that replace it",
        """\
import requests


def view(ids: list[int]):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        """\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests


def view(ids: list[int]):
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [
            pool.submit(
                copy_context().run,
                requests.get,
                f"https://api.example.org/users/{user_id}",
            )
            for user_id in ids
        ]
    for user_id, future in zip(ids, futures):
        print(future.result().text)
""",
        (READ,),
        tier="C",
        files={
            "tests/test_app.py": """\
from unittest import mock


@mock.patch("app.requests.get")
def test_view(get):
    pass
"""
        },
    ),
    Case(
        "another method",
        """\
import requests


def view(ids):
    for user_id in ids:
        requests.post("https://api.example.org/users", json=user_id)
""",
        None,
        (POSTED,),
        "R-UNRESOLVED",
    ),
    Case(
        "no loop",
        """\
import requests


def view(user_id):
    return requests.get(f"https://api.example.org/users/{user_id}").text, dict().get(user_id)
""",
        None,
        (READ,),
        "R-UNRESOLVED",
    ),
    Case(
        "some rounds only",
        """\
import requests


def view(ids):
    for user_id in ids:
        if user_id:
            print(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-COND",
    ),
    Case(
        "an early end",
        """\
import requests


def view(ids):
    for user_id in ids:
        if requests.get(f"https://api.example.org/users/{user_id}").ok:
            return user_id
""",
        None,
        (READ,),
        "R-COND",
    ),
    Case(
        "a session",
        """\
import requests


def view(ids):
    session = requests.Session()
    for user_id in ids:
        print(session.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-SHARED-SESSION",
    ),
    Case(
        "a client per round",
        """\
import httpx


def view(ids):
    for user_id in ids:
        print(httpx.Client().get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "the answer before",
        """\
import requests


def view(ids):
    after = None
    for user_id in ids:
        after = requests.get(f"https://api.example.org/users/{user_id}", params={"after": after}).json()
""",
        None,
        (READ,),
        "R-CARRY",
    ),
    Case(
        "a pause",
        """\
import time

import requests


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
        time.sleep(1)
""",
        None,
        (READ,),
        "R-CARRY",
    ),
    Case(
        "a request that changes something",
        """\
import requests


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
        requests.delete(f"https://api.example.org/users/{user_id}")
""",
        None,
        (READ,),
        "R-WRITE",
    ),
    Case(
        "a stream",
        """\
import requests


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}", stream=True).raw)
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "arguments that are not known",
        """\
import requests


def view(ids, more):
    for user_id in ids:
        print(requests.get(*more))
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "tries",
        """\
import requests


def view(user_id):
    for _ in range(3):
        try:
            print(requests.get(f"https://api.example.org/users/{user_id}"))
        except OSError:
            pass
""",
        None,
        (READ,),
        "R-CARRY",
    ),
    Case(
        "no end",
        """\
import requests


def view(ids):
    while ids:
        print(requests.get(f"https://api.example.org/users/{ids.pop()}"))
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "items that come in between",
        """\
import requests


def view(ids):
    for user_id in ids:
        ids.append(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-CARRY",
    ),
    Case(
        "no line can stand before it",
        """\
import requests


def view(ids):
    return print([requests.get(f"https://api.example.org/users/{key}").text for key in ids]) if ids else None
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "chunks of a stream",
        """\
import requests


def view(ids):
    for user_id in ids.iter_content():
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-STREAM",
    ),
    Case(
        "another pool",
        """\
import requests


class ThreadPoolExecutor:
    pass


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "two loops",
        """\
import requests


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
    return [requests.get(f"https://api.example.org/posts/{user_id}").text for user_id in ids]
""",
        None,
        (READ,),
        "R-AMBIGUOUS",
    ),
    Case(
        "threads already",
        """\
from concurrent.futures import ThreadPoolExecutor

import httpx


def view(ids):
    client = httpx.Client()
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(client.get, f"https://api.example.org/users/{user_id}") for user_id in ids]
    return [future.result() for future in futures]
""",
        None,
        (READ,),
        "R-BATCHED",
    ),
    Case(
        "the CPU of a client per request",
        """\
import httpx


def view(ids):
    for user_id in ids:
        print(httpx.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (READ,),
        "R-SHAPE",
    ),
    Case(
        "answers that are there at once",
        """\
import requests


def view(ids):
    for user_id in ids:
        print(requests.get(f"https://api.example.org/users/{user_id}").text)
""",
        None,
        (SOON,),
        "R-COLD",
    ),
)
