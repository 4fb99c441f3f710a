"""Requests per month: the setting, a metric, or unknown; never a guess."""

import pytest

from bot.config import PriceConfig
from bot.errors import UserError
from bot.price.volume import requests_per_month
from bot.records import Entry, Volume

METRIC = Volume(value=7.0, basis="metric")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("GET /posts/<int:id>", id="Flask"),
        pytest.param("GET /posts/{id}", id="FastAPI"),
        pytest.param("GET /posts/{id:path}", id="Starlette"),
        pytest.param("GET posts/<int:pk>/", id="Django"),
        pytest.param(r"GET ^posts/(?P<pk>[0-9]+)/$", id="Django regular expression"),
        pytest.param("GET /posts/:id", id="Express"),
        pytest.param("get /posts/{}", id="lower case method"),
        pytest.param("/posts/{id}", id="any method"),
    ],
)
def test_the_setting_names_the_entry_in_any_dialect(build, key):
    settings = PriceConfig(requests_per_month={key: 3, "GET /other": 4})
    assert requests_per_month(build.hotspot(volume=METRIC), settings) == Volume(value=3.0, basis="config")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("POST /posts/{id}", id="another method"),
        pytest.param("GET /posts", id="a prefix"),
        pytest.param("GET /api/posts/{id}", id="a longer route"),
        pytest.param("GET /posts/{id}/comments", id="below it"),
        pytest.param("posts", id="a word"),
    ],
)
def test_other_entries_keep_their_own_setting(build, key):
    settings = PriceConfig(requests_per_month={key: 3})
    assert requests_per_month(build.hotspot(volume=METRIC), settings) == METRIC
    assert requests_per_month(build.hotspot(), settings) is None


def test_a_task_goes_by_its_name(build):
    task = build.hotspot(entry=Entry(type="task", transaction_name="mail.send"))
    assert requests_per_month(task, PriceConfig(requests_per_month={"mail.send": 9})) == Volume(value=9, basis="config")
    assert requests_per_month(task, PriceConfig(requests_per_month={"mail.sent": 9})) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e16])
def test_a_metric_that_is_no_number_of_requests_is_unknown(build, value):
    seen = build.hotspot(volume=Volume(value=value, basis="metric"))
    assert requests_per_month(seen, PriceConfig()) is None


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        pytest.param(
            {"GET /posts/{id}": 1.0, "GET /posts/<id>": 2.0},
            'settings: price.requests-per-month: "GET /posts/<id>" and "GET /posts/{id}" name the same entry; '
            "keep one of them.",
            id="two numbers for one entry",
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(build, volumes, message):
    with pytest.raises(UserError) as error:
        requests_per_month(build.hotspot(volume=METRIC), PriceConfig(requests_per_month=volumes))
    assert str(error.value) == message
