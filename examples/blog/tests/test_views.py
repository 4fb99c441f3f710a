"""The sample blog: post n is by author 51 - n and appeared on day (n - 1) // 2."""

from datetime import date, timedelta


def published(n):
    return date(2024, 12, 20) + timedelta(days=(n - 1) // 2)


def front_page_entry(n):
    return {
        "id": n,
        "title": f"Post {n}",
        "published_at": f"{published(n)}T08:30:00",
        "author": f"Author {51 - n}",
    }


def feed_entry(n):
    return {
        "id": n,
        "title": f"Post {n}",
        "summary": (f"This is the text of post {n}. " * 10)[:40],
        "published_at": f"{published(n)}T08:30:00",
        "author": {"name": f"Author {51 - n}", "bio": f"Writes column {51 - n}."},
    }


def archive_entry(n):
    return {
        "title": f"Post {n}",
        "year": published(n).year,
        "author": f"Author {51 - n}",
    }


def in_any_order(entries):
    return sorted(entries, key=lambda entry: entry["title"])


def test_list_posts_newest_day_first_and_by_id_within_a_day(client):
    response = client.get("/posts")

    newest_first = [n + k for n in range(49, 0, -2) for k in (0, 1)]
    assert newest_first[:4] == [49, 50, 47, 48]
    assert response.status_code == 200
    assert response.json == [front_page_entry(n) for n in newest_first]


def test_feed_is_ordered_by_id(client):
    response = client.get("/feed")

    assert response.status_code == 200
    assert response.json == [feed_entry(n) for n in range(1, 51)]


def test_archive_names_every_post(client):
    response = client.get("/archive")

    assert response.status_code == 200
    assert in_any_order(response.json) == in_any_order(
        archive_entry(n) for n in range(1, 51)
    )


def test_latest_names_every_post(client):
    response = client.get("/api/latest")

    assert response.status_code == 200
    assert in_any_order(response.json) == in_any_order(
        feed_entry(n) for n in range(1, 51)
    )


def test_single_post_with_its_comments(client):
    response = client.get("/posts/1")

    assert response.status_code == 200
    assert response.json == {
        "id": 1,
        "title": "Post 1",
        "body": "This is the text of post 1. " * 10,
        "author": "Author 50",
        "comments": [
            {"name": f"Reader {n}", "text": "Well said."} for n in range(1, 4)
        ],
    }


def test_unknown_post_is_not_found(client):
    assert client.get("/posts/51").status_code == 404


def test_healthz(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json == {"status": "ok"}
