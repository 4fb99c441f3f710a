"""Small real applications, one per framework, each with a loop of statements on a line that its comment names."""

FLASK = {
    "shop.py": """
from flask import Blueprint, Flask, jsonify
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


def names(session):
    return [
        post.author.name  # line 29
        for post in session.scalars(select(Post))
    ]


def seed():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for n in range(9):
            session.add(Post(author=Author(name=f"secret-{n}")))
            session.commit()  # a loop, but of a fixture


bp = Blueprint("shop", __name__, url_prefix="/shop")


@bp.get("/posts/<int:page>")
def list_posts(page):
    with Session(engine) as session:
        return jsonify(names(session))


app = Flask(__name__)
app.register_blueprint(bp)
""",
    "test_shop.py": """
import unittest

import pytest
from sqlalchemy.orm import Session

from shop import Base, app, engine, names, seed


@pytest.fixture
def posts():
    seed()
    yield
    Base.metadata.drop_all(engine)


def test_route(posts):
    client = app.test_client()
    assert len(client.get("/shop/posts/4711?token=hunter2").json) == 9
    assert client.get("/nowhere").status_code == 404


def test_function(posts):
    with Session(engine) as session:
        assert len(names(session)) == 9


class OldTest(unittest.TestCase):
    def setUp(self):
        seed()

    def tearDown(self):
        Base.metadata.drop_all(engine)

    def test_old(self):
        with Session(engine) as session:
            self.assertEqual(len(names(session)), 9)
            assert False, "on purpose"
""",
}

DJANGO = {
    "manage.py": """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
""",
    "site_settings.py": """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "books"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "site_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
""",
    "site_urls.py": """
from django.urls import include, path
urlpatterns = [path("api/", include("books.urls"))]
""",
    "books/__init__.py": "",
    "books/models.py": """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
""",
    "books/migrations/__init__.py": "",
    "books/migrations/0001_initial.py": """
from django.db import migrations, models


def key():
    return models.BigAutoField(primary_key=True)


def fill(apps, schema_editor):
    for n in range(9):
        apps.get_model("books", "Author").objects.create(name=f"old {n}")


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Author", [("id", key()), ("name", models.CharField(max_length=50))]),
        migrations.CreateModel("Book", [("id", key()), ("author", models.ForeignKey("books.Author", models.CASCADE))]),
        migrations.RunPython(fill),
    ]
""",
    "books/views.py": """
from django.http import JsonResponse

from books.models import Book


def titles(books):
    for book in books:
        yield book.author.name  # line 9


def book_list(request, page):
    return JsonResponse(list(titles(Book.objects.all())), safe=False)


async def later(request):
    return JsonResponse([book.author_id async for book in Book.objects.all()], safe=False)
""",
    "books/urls.py": """
from django.urls import path

from books import views

urlpatterns = [path("books/<int:page>/", views.book_list), path("later/", views.later)]
""",
    "books/tests.py": """
from django.test import TestCase

from books.models import Author, Book
from books.views import titles


class BookTest(TestCase):
    def setUp(self):
        for n in range(9):
            Book.objects.create(author=Author.objects.create(name=str(n)))

    def test_list(self):
        self.assertEqual(len(self.client.get("/api/books/3/").json()), 9)

    def test_direct(self):
        self.assertEqual(len(list(titles(Book.objects.all()))), 9)

    async def test_later(self):
        self.assertEqual((await self.async_client.get("/api/later/")).status_code, 200)
""",
}

FASTAPI = {
    "service.py": """
import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
later = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
router = APIRouter(prefix="/v1")


@router.get("/orders/{limit}")
def orders(limit: int):
    with engine.connect() as connection:
        for n in range(9):
            connection.execute(text("SELECT :n"), {"n": n})  # line 19
    return limit


@router.get("/async/{limit}")
async def async_orders(limit: int):
    async with later.connect() as connection:
        for n in range(8):
            await connection.execute(text("SELECT :n + 1"), {"n": n})  # line 27
    return limit


@router.get("/pool")
def pooled():
    def work():
        with engine.connect() as connection:
            for n in range(7):
                connection.execute(text("SELECT :n + 2"), {"n": n})  # line 36

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


app = FastAPI()
app.include_router(router, prefix="/api")
""",
    "test_service.py": """
from fastapi.testclient import TestClient
from service import app


def test_all():
    client = TestClient(app)
    for n in range(6):
        assert client.get(f"/api/v1/orders/{n}").json() == n
    assert client.get("/api/v1/async/1").json() == 1
    assert client.get("/api/v1/pool").status_code == 200
""",
}
