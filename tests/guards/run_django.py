"""Runs modules against the Django of its own environment: `python run_django.py URL`, as `run_sqlalchemy.py` does."""

import json
import sys
import types
import warnings

import django
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

warnings.simplefilter("ignore")


def database(url):
    if url == "sqlite://":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    user, _, host = url.removeprefix("postgresql+psycopg2://").partition("@/postgres?host=")
    return {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": user, "HOST": host}


class Blog(AppConfig):
    name = label = "blog"
    path = "."


def install(source):
    """The models as app `blog`, in place of those that were there; their tables, all empty."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    else:
        with connection.schema_editor() as editor:
            for model in apps.get_models():
                editor.delete_model(model)
    apps.all_models["blog"].clear()
    package, module = types.ModuleType("blog"), types.ModuleType("blog.models")
    package.models = module
    sys.modules.update({"blog": package, "blog.models": module})
    config = Blog("blog", package)
    apps.app_configs["blog"] = config
    config.apps, config.models = apps, apps.all_models["blog"]
    exec(compile(source, "blog/models.py", "exec"), module.__dict__)
    apps.clear_cache()
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            editor.create_model(model)


def fill(rows):
    """Insert the rows, in any order of tables: foreign keys are checked at the end of a transaction."""
    with connection.cursor() as cursor:
        for table, given in rows.items():
            for row in given:
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
                    list(row.values()),
                )
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            tables = ", ".join(m._meta.db_table for m in apps.get_models(include_auto_created=True))
            cursor.execute("ANALYZE " + tables)


def count(selects):
    """How many rows the SELECTs return."""
    with connection.cursor() as cursor:
        total = 0
        for statement in selects:
            cursor.execute(statement)
            total += len(cursor.fetchall())
    return total


def run(request):
    selects, writes, value, error, fetched = [], [], None, None, 0
    with transaction.atomic():
        fill(request["rows"])
        with CaptureQueriesContext(connection) as queries:
            try:
                with transaction.atomic():
                    app = types.ModuleType("app")
                    exec(compile(request["app"], "app.py", "exec"), app.__dict__)
                    value = app.view(None)
            except Exception as e:
                error = type(e).__name__
                print(e, file=sys.stderr)
        for query in queries:
            sql = query["sql"]
            if sql.startswith(("SELECT", "(SELECT", "WITH")):
                selects.append(sql)
            elif sql.startswith(("INSERT", "UPDATE", "DELETE")):
                writes.append(sql)
            elif sql.startswith("DECLARE"):  # a server-side cursor
                selects.append(sql.partition(" FOR ")[2])
        fetched = 0 if error else count(selects)
        transaction.set_rollback(True)
    return {"value": value, "error": error, "selects": selects, "writes": writes, "fetched": fetched}


def main(url):
    settings.configure(
        DATABASES={"default": database(url)}, INSTALLED_APPS=[], USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )  # fmt: skip
    django.setup()
    installed = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["models"] != installed:
            install(request["models"])
            installed = request["models"]
        print(json.dumps(run(request)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
