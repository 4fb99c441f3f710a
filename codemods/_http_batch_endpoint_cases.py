"""The cases of `http-batch-endpoint`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat
from codemods.index.endpoints import Endpoint

HEADER = "import requests\n"
USERS = Repeat("f", (), (), 20, "call", "GET api.example.org/users/{}")
PROFILES = Repeat("f", (), (), 20, "call", "GET api.example.org/v1/users/{}/profile")
POSTED = Repeat("f", (), (), 20, "call", "POST api.example.org/users/{}")
REPEATED = Endpoint("/users/{}", "/users", "ids", items="data.items")
COMMA = Endpoint("/users/{}/profile", "/profiles", "user", "comma", key="uid", limit=50)
ROOT = Endpoint("/{}", "/", "q")


CASES: tuple[Case, ...] = (
    Case(
        "an answer that is checked and used",
        HEADER
        + """
API = "https://api.example.org"


def view(ids: list[int]):
    found = []
    for user_id in ids:
        response = requests.get(f"{API}/users/{user_id}", timeout=5)
        response.raise_for_status()
        found.append(response.json())
    return found
""",
        HEADER
        + """
API = "https://api.example.org"


def view(ids: list[int]):
    found = []
    user_ids = list(dict.fromkeys(ids))
    users_by_id = {}
    for start in range(0, len(user_ids), 100):
        portion = user_ids[start : start + 100]
        batch = requests.get(f"{API}/users", params={"ids": portion}, timeout=5)
        if batch.status_code == 200:
            for batch_user in batch.json()["data"]["items"]:
                users_by_id[batch_user["id"]] = batch_user
    for user_id in ids:
        user = users_by_id.get(user_id)
        if user is None:
            response = requests.get(f"{API}/users/{user_id}", timeout=5)
            response.raise_for_status()
            user = response.json()
        found.append(user)
    return found
""",
        (USERS,),
        tier="C",
        endpoints=(REPEATED,),
    ),
    Case(
        "an answer that is bound",
        HEADER
        + """

def view(orders):
    for order in orders:
        response = requests.get(f"https://api.example.org/users/{order.user_id}", headers={"X": "1"})
        user = response.json()
        print(user["name"])
""",
        HEADER
        + """

def view(orders):
    all_orders = list(orders)
    user_ids = list(dict.fromkeys(order.user_id for order in all_orders))
    users_by_id = {}
    for start in range(0, len(user_ids), 100):
        portion = user_ids[start : start + 100]
        batch = requests.get(
            "https://api.example.org/users", params={"ids": portion}, headers={"X": "1"}
        )
        if batch.status_code == 200:
            for batch_user in batch.json()["data"]["items"]:
                users_by_id[batch_user["id"]] = batch_user
    for order in all_orders:
        user = users_by_id.get(order.user_id)
        if user is None:
            response = requests.get(f"https://api.example.org/users/{order.user_id}", headers={"X": "1"})
            user = response.json()
        print(user["name"])
""",
        (USERS,),
        tier="C",
        endpoints=(REPEATED,),
    ),
    Case(
        "keys with commas, an answer that is the list",
        HEADER
        + """

def view(client, base, ids: list[str]):
    for key in ids:
        profile = client.get(f"{base}/users/{key}/profile").json()
        print(profile)
""",
        HEADER
        + """

def view(client, base, ids: list[str]):
    user_uids = list(dict.fromkeys(ids))
    users_by_uid = {}
    for start in range(0, len(user_uids), 50):
        portion = ",".join(map(str, user_uids[start : start + 50]))
        batch = client.get(f"{base}/profiles", params={"user": portion})
        if batch.status_code == 200:
            for batch_user in batch.json():
                users_by_uid[batch_user["uid"]] = batch_user
    for key in ids:
        profile = users_by_uid.get(key)
        if profile is None:
            profile = client.get(f"{base}/users/{key}/profile").json()
        print(profile)
""",
        (PROFILES,),
        tier="C",
        endpoints=(COMMA,),
    ),
    Case(
        "a comprehension",
        HEADER
        + """

def view(ids: list[int]):
    return [requests.get(f"https://api.example.org/users/{key}").json()["name"] for key in ids]
""",
        HEADER
        + """

def view(ids: list[int]):
    user_ids = list(dict.fromkeys(ids))
    users_by_id = {}
    for start in range(0, len(user_ids), 100):
        portion = user_ids[start : start + 100]
        batch = requests.get("https://api.example.org/users", params={"ids": portion})
        if batch.status_code == 200:
            for batch_user in batch.json()["data"]["items"]:
                users_by_id[batch_user["id"]] = batch_user
    return [(users_by_id.get(key) or requests.get(f"https://api.example.org/users/{key}").json())["name"] for key in ids]
""",
        (USERS,),
        tier="C",
        endpoints=(REPEATED,),
    ),
    Case(
        "the file's quotes, a condition",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        if key:
            print(requests.get(f'https://api.example.org/users/{key}').json())
""",
        HEADER
        + """

def view(ids: list[int]):
    user_ids = list(dict.fromkeys(key for key in ids if key))
    users_by_id = {}
    for start in range(0, len(user_ids), 100):
        portion = user_ids[start : start + 100]
        batch = requests.get('https://api.example.org/users', params={'ids': portion})
        if batch.status_code == 200:
            for batch_user in batch.json()['data']['items']:
                users_by_id[batch_user['id']] = batch_user
    for key in ids:
        if key:
            user = users_by_id.get(key)
            if user is None:
                user = requests.get(f'https://api.example.org/users/{key}').json()
            print(user)
""",
        (USERS,),
        tier="C",
        endpoints=(REPEATED,),
    ),
    Case(
        "a quote in the address",
        HEADER
        + """

def view(ids: list[int], hosts):
    for key in ids:
        print(requests.get(f'https://{hosts["api"]}/users/{key}').json())
""",
        HEADER
        + """

def view(ids: list[int], hosts):
    user_ids = list(dict.fromkeys(ids))
    users_by_id = {}
    for start in range(0, len(user_ids), 100):
        portion = user_ids[start : start + 100]
        batch = requests.get(f"https://{hosts['api']}/users", params={"ids": portion})
        if batch.status_code == 200:
            for batch_user in batch.json()["data"]["items"]:
                users_by_id[batch_user["id"]] = batch_user
    for key in ids:
        user = users_by_id.get(key)
        if user is None:
            user = requests.get(f'https://{hosts["api"]}/users/{key}').json()
        print(user)
""",
        (USERS,),
        tier="C",
        endpoints=(REPEATED,),
    ),
    Case(
        "a path without words",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/{key}").json())
""",
        HEADER
        + """

def view(ids: list[int]):
    item_ids = list(dict.fromkeys(ids))
    items_by_id = {}
    for start in range(0, len(item_ids), 100):
        portion = item_ids[start : start + 100]
        batch = requests.get("https://api.example.org/", params={"q": portion})
        if batch.status_code == 200:
            for batch_item in batch.json():
                items_by_id[batch_item["id"]] = batch_item
    for key in ids:
        item = items_by_id.get(key)
        if item is None:
            item = requests.get(f"https://api.example.org/{key}").json()
        print(item)
""",
        (USERS,),
        tier="C",
        endpoints=(ROOT,),
    ),
    Case(
        "no endpoint is configured",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}").json())
""",
        None,
        (USERS,),
        "R-UNRESOLVED",
    ),
    Case(
        "another method",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.post(f"https://api.example.org/users/{key}").json())
""",
        None,
        (POSTED,),
        "R-UNRESOLVED",
        endpoints=(REPEATED,),
    ),
    Case(
        "an address in a name",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        url = f"https://api.example.org/users/{key}"
        print(requests.get(url).json())
""",
        None,
        (USERS,),
        "R-UNRESOLVED",
        endpoints=(REPEATED,),
    ),
    Case(
        "an address that goes on",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}/posts").json())
""",
        None,
        (USERS,),
        "R-UNRESOLVED",
        endpoints=(REPEATED,),
    ),
    Case(
        "another address with a tail",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}/posts").json())
""",
        None,
        (PROFILES,),
        "R-UNRESOLVED",
        endpoints=(COMMA,),
    ),
    Case(
        "a key that is formatted",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key:04}").json(), dict().get(f"/users/{key}", 1))
""",
        None,
        (USERS,),
        "R-UNRESOLVED",
        endpoints=(REPEATED,),
    ),
    Case(
        "other calls",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(get(f"https://api.example.org/users/{key}"), requests.get(url=f"/users/{key}"))
""",
        None,
        (USERS,),
        "R-UNRESOLVED",
        endpoints=(REPEATED,),
    ),
    Case(
        "parameters of its own",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}", params={"full": 1}).json())
""",
        None,
        (USERS,),
        "R-SHAPE",
        endpoints=(REPEATED,),
    ),
    Case(
        "arguments that are not known",
        HEADER
        + """

def view(ids, more):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}", **more).json())
""",
        None,
        (USERS,),
        "R-SHAPE",
        endpoints=(REPEATED,),
    ),
    Case(
        "the status is looked at",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        response = requests.get(f"https://api.example.org/users/{key}")
        if response.status_code == 404:
            continue
        print(response.json())
""",
        None,
        (USERS,),
        "R-PARTIAL",
        endpoints=(REPEATED,),
    ),
    Case(
        "the text of the answer",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}").text)
""",
        None,
        (USERS,),
        "R-PARTIAL",
        endpoints=(REPEATED,),
    ),
    Case(
        "something between",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        response = requests.get(f"https://api.example.org/users/{key}")
        print(key)
        response.raise_for_status()
        print(response.json())
""",
        None,
        (USERS,),
        "R-PARTIAL",
        endpoints=(REPEATED,),
    ),
    Case(
        "JSON that is read later",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        response = requests.get(f"https://api.example.org/users/{key}")
        print(key)
        print(response.json())
""",
        None,
        (USERS,),
        "R-PARTIAL",
        endpoints=(REPEATED,),
    ),
    Case(
        "an answer that nobody reads",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        response = requests.get(f"https://api.example.org/users/{key}")
""",
        None,
        (USERS,),
        "R-PARTIAL",
        endpoints=(REPEATED,),
    ),
    Case(
        "the head of another statement",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        for post in requests.get(f"https://api.example.org/users/{key}").json():
            print(post)
""",
        None,
        (USERS,),
        "R-SHAPE",
        endpoints=(REPEATED,),
    ),
    Case(
        "only sometimes",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}").json() if key else None)
""",
        None,
        (USERS,),
        "R-SHAPE",
        endpoints=(REPEATED,),
    ),
    Case(
        "errors of a round are caught",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        try:
            print(requests.get(f"https://api.example.org/users/{key}").json())
        except OSError:
            continue
""",
        None,
        (USERS,),
        "R-EXC",
        endpoints=(REPEATED,),
    ),
    Case(
        "a loop that can end early",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        user = requests.get(f"https://api.example.org/users/{key}").json()
        if user:
            return user
""",
        None,
        (USERS,),
        "R-COND",
        endpoints=(REPEATED,),
    ),
    Case(
        "tests replace the call",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        print(requests.get(f"https://api.example.org/users/{key}").json())
""",
        None,
        (USERS,),
        "R-MOCKED",
        files={
            "tests/test_app.py": """\
from unittest import mock


@mock.patch("app.requests.get")
def test_view(get):
    pass
"""
        },
        endpoints=(REPEATED,),
    ),
    Case(
        "done already",
        HEADER
        + """

def view(ids: list[int]):
    users_by_id = {}
    for key in ids:
        user = users_by_id.get(key)
        if user is None:
            user = requests.get(f"https://api.example.org/users/{key}").json()
        print(user)
""",
        None,
        (USERS,),
        "R-BATCHED",
        endpoints=(REPEATED,),
    ),
)
