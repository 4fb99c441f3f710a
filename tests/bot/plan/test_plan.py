"""Whole outcomes: a patch per site, a refusal per reason, every pattern in exactly one of them."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from rig.shop import CUSTOMER, IMPORTS, INVOICE, LINES, at, function, hotspot, repository

from bot.plan.plan import Outcome, diff, fingerprint, plan
from bot.records import Change, Hotspot, Load, Patch, Pattern, Refusal, Site
from codemods.refusals import REFUSALS

VIEWS = IMPORTS + function("list_orders")
FIXED = VIEWS.replace("query(Order)", "query(Order).options(joinedload(Order.customer))")
ROWS = "    return [order.customer.name for order in session.query(Order)"
DIFF = f"""\
--- a/shop/views.py
+++ b/shop/views.py
@@ -4,4 +4,4 @@
{" "}
{" "}
 def list_orders(session):
-{ROWS}.order_by(Order.id)]
+{ROWS}.options(joinedload(Order.customer)).order_by(Order.id)]
"""
UNIQUE = "to-one, ordered by the unique Order.id: a join changes no row and no order"


def planned(root: Path, files: dict[str, str], seen: Hotspot) -> list[Outcome]:
    return plan(seen, repository(root, files))


def patches(outcomes: list[Outcome]) -> list[Patch]:
    return [outcome for outcome in outcomes if isinstance(outcome, Patch)]


def test_a_whole_patch(tmp_path: Path) -> None:
    seen = hotspot(locations=(at("/srv/shop/views.py", 7, "list_orders"),))
    key = "\0".join(["v1", "sqlalchemy-eager-load", "shop/views.py", "list_orders", "Order.customer"])
    assert planned(tmp_path, {"shop/views.py": VIEWS}, seen) == [
        Patch(
            hotspot="H-1",
            codemod="sqlalchemy-eager-load",
            tier="B",
            fingerprint=hashlib.sha256(key.encode()).hexdigest(),
            title="perf(views): load Order.customer eagerly in list_orders",
            site=Site(
                file="shop/views.py",
                function="list_orders",
                line=7,
                query="session.query(Order)",
                loads=("Order.customer",),
                located_by=(
                    "the span names `list_orders` in shop/views.py",
                    "`SELECT * FROM customers WHERE customers.id = ?` is the lazy load of Order.customer",
                    "`session.query(Order)` in shop/views.py:list_orders returns the rows that own Order.customer",
                ),
            ),
            loads=(
                Load(
                    path="Order.customer", strategy="joinedload", why=UNIQUE, fingerprint="customer",
                    statements_before=50, statements_after=0,
                ),
            ),
            changes=(Change(path="shop/views.py", before=VIEWS, after=FIXED),),
            diff=DIFF,
        )
    ]  # fmt: skip


def test_two_sites_in_one_file_stand_on_each_other(tmp_path: Path) -> None:
    text = IMPORTS + function("customers") + "\n\n" + function("lines", "order.lines")
    text += "\n\ndef view(session):\n    return customers(session), lines(session)\n"
    once = text.replace("query(Order)", "query(Order).options(joinedload(Order.customer))", 1)
    head, _, tail = once.rpartition("query(Order)")
    twice = f"{head}query(Order).options(selectinload(Order.lines)){tail}"
    seen = hotspot(CUSTOMER, LINES, locations=(at("shop/views.py", function="view"),))
    first, second = patches(planned(tmp_path, {"shop/views.py": text}, seen))
    assert (first.changes, second.changes) == (
        (Change(path="shop/views.py", before=text, after=once),),
        (Change(path="shop/views.py", before=once, after=twice),),
    )
    assert [(p.site.function, p.site.loads, p.site.line) for p in (first, second)] == [
        ("customers", ("Order.customer",), 7),
        ("lines", ("Order.lines",), 11),
    ]


# ---- refusals ----

AT_VIEW = (at("shop/views.py", function="list_orders"),)
TWICE = IMPORTS + (
    "def list_orders(session):\n    old = session.query(Order).all()\n"
    "    return show(old, session.query(Order).order_by(Order.id))\n"
)
COMMITS = IMPORTS + (
    "def list_orders(session):\n    for order in session.query(Order).order_by(Order.id):\n"
    "        print(order.customer)\n        session.commit()\n"
)

REFUSED = [
    pytest.param(
        VIEWS,
        hotspot(kind="cpu_self", locations=AT_VIEW),
        Refusal(
            hotspot="H-1", code="R-NO-CODEMOD", place="shop/views.py in list_orders",
            message="no codemod answers a hotspot of kind cpu_self; it is at shop/views.py in list_orders",
        ),
        id="no codemod",
    ),
    pytest.param(
        VIEWS,
        hotspot(kind="memory_growth"),
        Refusal(hotspot="H-1", code="R-NO-CODEMOD", message="no codemod answers a hotspot of kind memory_growth"),
        id="no codemod, no place",
    ),
    pytest.param(
        VIEWS,
        hotspot(type="http", method="GET", route_raw="/invoices"),
        Refusal(
            hotspot="H-1", code="R-UNRESOLVED",
            message="no function of this repository could be shown to serve GET /invoices",
        ),
        id="no function serves the route",
    ),
    pytest.param(
        VIEWS,
        hotspot(type="task", transaction_name="shop.tasks.digest"),
        Refusal(
            hotspot="H-1", code="R-UNRESOLVED",
            message="no function of this repository could be shown to serve shop.tasks.digest",
        ),
        id="no function has the transaction's name",
    ),
    pytest.param(
        VIEWS,
        hotspot(),
        Refusal(
            hotspot="H-1", code="R-UNRESOLVED",
            message="no function of this repository could be shown to serve the entry",
        ),
        id="an entry without a name",
    ),
    pytest.param(
        VIEWS,
        hotspot(INVOICE, locations=AT_VIEW),
        Refusal(
            hotspot="H-1", code="R-UNRESOLVED",
            message="no relationship of a model loads `SELECT * FROM invoices WHERE invoices.id = ?`",
        ),
        id="no such relationship",
    ),
    pytest.param(
        COMMITS,
        hotspot(locations=AT_VIEW),
        Refusal(hotspot="H-1", code="R-COMMIT", message="line 7 of shop/views.py", place="shop/views.py:list_orders"),
        id="a commit in the loop",
    ),
    pytest.param(
        FIXED,
        hotspot(locations=AT_VIEW),
        Refusal(
            hotspot="H-1", code="R-ALREADY-EAGER",
            message="shop/views.py:list_orders loads customer already", place="shop/views.py:list_orders", done=True,
        ),
        id="nothing to do",
    ),
    pytest.param(
        TWICE,
        hotspot(locations=AT_VIEW),
        Refusal(
            hotspot="H-1", code="R-AMBIGUOUS",
            message="Order.customer in shop/views.py:list_orders (line 7) and "
            "Order.customer in shop/views.py:list_orders (line 8) fit equally well",
            candidates=(
                "Order.customer in shop/views.py:list_orders (line 7)",
                "Order.customer in shop/views.py:list_orders (line 8)",
            ),
        ),
        id="two queries of one function, read out of sight",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seen", "refusal"), REFUSED)
def test_a_whole_refusal(text: str, seen: Hotspot, refusal: Refusal, tmp_path: Path) -> None:
    assert planned(tmp_path, {"shop/views.py": text}, seen) == [refusal]
    assert refusal.code in REFUSALS


def test_a_patch_for_one_pattern_and_a_refusal_for_the_other(tmp_path: Path) -> None:
    seen = hotspot(INVOICE, CUSTOMER, locations=AT_VIEW)
    patch, refusal = planned(tmp_path, {"shop/views.py": VIEWS}, seen)
    assert isinstance(patch, Patch)
    assert isinstance(refusal, Refusal)
    assert [load.fingerprint for load in patch.loads] == ["customer"]
    assert (refusal.code, refusal.message) == (
        "R-UNRESOLVED", "no relationship of a model loads `SELECT * FROM invoices WHERE invoices.id = ?`",
    )  # fmt: skip


@pytest.mark.parametrize("patterns", [(CUSTOMER, LINES), (LINES, CUSTOMER)], ids=["one order", "the other order"])
def test_the_order_of_patterns_changes_nothing(patterns: tuple[Pattern, ...], tmp_path: Path) -> None:
    text = IMPORTS + function("list_orders", "(order.customer.name, order.lines)")
    (patch,) = patches(planned(tmp_path, {"shop/views.py": text}, hotspot(*patterns, locations=AT_VIEW)))
    assert (patch.title, [load.fingerprint for load in patch.loads]) == (
        "perf(views): load Order.customer and Order.lines eagerly in list_orders", ["customer", "lines"],
    )  # fmt: skip


# ---- where it looks further ----


def test_weaker_evidence_is_asked_when_surer_evidence_finds_no_query(tmp_path: Path) -> None:
    files = {
        "shop/views.py": '@bp.route("/orders")\n' + function("list_orders"),
        "shop/wsgi.py": "def application(environ): ...\n",
    }
    files["shop/views.py"] = IMPORTS + files["shop/views.py"]
    seen = hotspot(locations=(at("shop/wsgi.py", 1),), type="http", method="GET", route_raw="/orders")
    (patch,) = patches(planned(tmp_path, files, seen))
    assert patch.site.located_by[0] == "`GET /orders` is served by `list_orders` in shop/views.py"


def test_a_loop_that_nothing_leads_to_is_left_alone(tmp_path: Path) -> None:
    elsewhere = (
        IMPORTS.replace("import Order", "import Customer, Order")
        + "def names(session, ids: list[int]):\n    customers = session.query(Customer).all()\n"
    )
    elsewhere += "    return [customers, [session.get(Customer, id_).name for id_ in ids]]\n"
    views = IMPORTS + "def count_orders(session):\n    return session.query(Order).count()\n"
    files = {"shop/views.py": views, "shop/elsewhere.py": elsewhere}
    seen = hotspot(locations=(at("/srv/shop/elsewhere.py", 7, "names"),))
    assert [patch.codemod for patch in patches(planned(tmp_path / "named", files, seen))] == ["sqlalchemy-batch-get"]
    seen = hotspot(locations=(at("/srv/shop/views.py", 7, "count_orders"),))
    assert patches(planned(tmp_path / "beside", files, seen)) == []


def test_a_function_that_only_reads_gets_its_rows_from_above(tmp_path: Path) -> None:
    files = {
        "shop/rows.py": "def row(order):\n    return order.customer.name\n",
        "shop/views.py": IMPORTS.replace("\n\n\n", "\nfrom shop.rows import row\n\n\n")
        + function("list_orders", "row(order)"),
    }
    (patch,) = patches(planned(tmp_path, files, hotspot(locations=(at("shop/rows.py", 2),))))
    assert (patch.site.file, patch.site.located_by[0]) == (
        "shop/views.py", "the span names `row` in shop/rows.py; `list_orders` in shop/views.py calls it",
    )  # fmt: skip


def test_the_refusal_that_names_candidates_is_kept(tmp_path: Path) -> None:
    """The route serves a function without any query: what the location found is told, not that there is nothing."""
    files = {"shop/views.py": TWICE, "shop/other.py": '@bp.route("/orders")\ndef other():\n    return []\n'}
    seen = hotspot(locations=AT_VIEW, type="http", method="GET", route_raw="/orders")
    (refusal,) = planned(tmp_path, files, seen)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, len(refusal.candidates)) == ("R-AMBIGUOUS", 2)


# ---- identity, title, diff ----


def test_a_fingerprint_is_independent_of_lines_and_of_the_order_of_loads(tmp_path: Path) -> None:
    seen = hotspot(locations=(at("shop/views.py", function="list_orders"),))
    (here,) = patches(planned(tmp_path / "a", {"shop/views.py": VIEWS}, seen))
    below = VIEWS.replace("def list_orders", "# a comment\nX = 1\n\n\ndef list_orders")
    (there,) = patches(planned(tmp_path / "b", {"shop/views.py": below}, seen))
    assert here.site.line != there.site.line
    assert here.fingerprint == there.fingerprint
    assert fingerprint("c", "p", "q", ("B.b", "A.a")) == fingerprint("c", "p", "q", ("A.a", "B.b"))


def test_a_fingerprint_tells_everything_else_apart() -> None:
    keys = [("c", "p", "q", ("a",)), ("d", "p", "q", ("a",)), ("c", "r", "q", ("a",)), ("c", "p", "r", ("a",)),
            ("c", "p", "q", ("a", "b")), ("c", "p", "q", ())]  # fmt: skip
    assert len({fingerprint(*key) for key in keys}) == len(keys)


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        pytest.param("shop/views.py", "page", "perf(views): load Order.customer eagerly in page", id="short"),
        pytest.param(
            "shop/views.py", "everything_that_was_ever_ordered", "perf(views): load Order.customer eagerly",
            id="a long function",
        ),
        pytest.param(
            f"shop/{'a' * 80}.py", "page", f"perf({'a' * 37}): load 1 relationship eagerly", id="a long file"
        ),
    ],
)  # fmt: skip
def test_a_title_has_at_most_72_characters(file: str, name: str, expected: str, tmp_path: Path) -> None:
    seen = hotspot(locations=(at(file, function=name),))
    (patch,) = patches(planned(tmp_path, {file: IMPORTS + function(name)}, seen))
    assert (patch.title, len(patch.title) <= 72) == (expected, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\n", "a\nc\n", id="plain"),
        pytest.param("a\nb", "a\nc", id="no final newline"),
        pytest.param("a\nb", "a\nb\n", id="a final newline is added"),
        pytest.param("a\r\nb\r\n", "a\r\nc\r\n", id="CRLF"),
        pytest.param("a\n\x0cb\nx\u2028y\x85z\n", "a\n\x0cc\nx\u2028y\x85z\n", id="separators inside lines"),
        pytest.param("-- a/x\n", "++ b/x\n", id="lines like headers"),
        pytest.param("", "a\n", id="an empty file"),
    ],
)
def test_git_applies_the_diff(before: str, after: str, tmp_path: Path) -> None:
    text = diff([Change(path="d/a.py", before=before, after=after), Change(path="b.py", before="1\n", after="2\n")])
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.py").write_bytes(before.encode())
    (tmp_path / "b.py").write_text("1\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, check=True, input=text.encode())
    assert ((tmp_path / "d/a.py").read_bytes(), (tmp_path / "b.py").read_text()) == (after.encode(), "2\n")


def test_a_diff_without_a_final_newline_says_so() -> None:
    assert diff([Change(path="a.py", before="a\nb", after="a\nc")]) == """\
--- a/a.py
+++ b/a.py
@@ -1,2 +1,2 @@
 a
-b
\\ No newline at end of file
+c
\\ No newline at end of file
"""  # fmt: skip
