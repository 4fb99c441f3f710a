import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import sample
from rig.hostile import soiled

from bot.publish.render import LONGEST_BODY, bar, body_of, duration, money, spread, template
from bot.records import Amount, Saving

SECTIONS = [
    "What changed", "Queries", "Is it safe?", "Estimated saving", "How it was located",
    "The calculation: inputs, what was not counted, how to reproduce", "The diff", "What the APM saw",
]  # fmt: skip


def body(**changed: object) -> str:
    made = {"hotspot": sample.hotspot(), "patch": sample.patch(), "proof": sample.proof(), "saving": sample.saving()}
    return body_of(*(made | changed).values(), draft=bool(changed.get("draft")))


def visible(markdown: str) -> list[str]:
    """The lines outside of folded parts."""
    return re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL).splitlines()


def section(markdown: str, title: str) -> str:
    """One section, without its heading."""
    return re.split(r"^### ", markdown.partition(f"### {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0].strip()


def test_sections_come_in_the_order_of_review() -> None:
    assert re.findall(r"^### (.+)$|<summary>(.+)</summary>", body(), re.MULTILINE) == [
        (title, "") if place < 5 else ("", title) for place, title in enumerate(SECTIONS)
    ]


def test_a_reviewer_sees_fewer_than_sixty_lines() -> None:
    assert len([line for line in visible(body()) if line.strip()]) < 60


def test_first_line() -> None:
    first = "`GET /posts` runs **51** SQL statements per request; with this change it runs **1**."
    assert body().splitlines()[0] == first


def test_queries() -> None:
    assert section(body(), "Queries") == (
        "| per request | before | after | known from |\n"
        "|---|--:|--:|---|\n"
        "| SQL statements | 51 | 1 | traces before, tests after |\n"
        "| median time | 66 ms | 4 ms | traces before, the model after |\n"
        "\n"
        "```text\n"
        f"before {'█' * 40} 51\n"
        "after  ▊ 1\n"
        "```"
    )


def test_money() -> None:
    assert section(body(), "Estimated saving") == (
        "**Estimated \\$500 a month now \\[360–650\\], and \\$1,515 more after one resize.**\n"
        "\n"
        "Grade B (A is best, D worst): 14 days of weighted volume; price table instead of a bill for the database\n"
        "\n"
        "| per month | expected [low–high] | becomes cash |\n"
        "|---|--:|---|\n"
        "| cash now | \\$500 \\[360–650\\] | by itself |\n"
        "| cash after one action | \\$1,515 \\[1,300–1,700\\] | "
        "resize the database from 4xlarge to 2xlarge (fits with 58 %) |\n"
        "| headroom | \\$280 \\[180–420\\] | not cash: capacity freed, at list price |"
    )


def test_grade_d_shows_no_money_anywhere() -> None:
    unpriced = Saving(
        grade="D", grade_reason="no request volume", headline="50 statements fewer per request; volume unknown.",
        inputs=sample.saving().inputs[:1], per_million=sample.amount(1, 2, 3), seed="s", queries_before=51,
        queries_after=1,
    )  # fmt: skip
    shown = body(saving=unpriced)
    assert section(shown, "Estimated saving") == (
        "**50 statements fewer per request; volume unknown.**\n\nGrade D (A is best, D worst): no request volume"
    )
    assert re.findall(r"\$|USD|±", shown) == []


def test_three_largest_drivers_show_their_effect() -> None:
    rows = [line.split(" | ") for line in body().splitlines() if line.startswith("| ") and line.count("|") == 6]
    assert [row[-1].strip(" |") for row in rows][1:] == ["\\$100", "\\$90", "\\$52", ""]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        pytest.param(
            {"proof": sample.proof(verdict="held", reason="No test reached the site.")},
            "> **Draft:** the tests do not show the effect yet. No test reached the site.",
            id="held",
        ),
        pytest.param(
            {"patch": sample.patch(tier="C")},
            "> **Draft:** this kind of change needs a decision by somebody who knows the code.",
            id="tier-C",
        ),
        pytest.param({}, "> **Draft:** this repository asks for drafts.", id="asked-for"),
    ],
)
def test_draft_says_why(changed: dict[str, object], line: str) -> None:
    made = {"hotspot": sample.hotspot(), "patch": sample.patch(), "proof": sample.proof(), "saving": sample.saving()}
    assert [shown for shown in body_of(*(made | changed).values(), draft=True).splitlines() if "Draft" in shown] == [
        line
    ]


def test_values_are_never_templates() -> None:
    saving = soiled(sample.saving(), "{{ 7 * 7 }}")
    assert "**{{ 7 \\* 7 }}**" in section(body(saving=saving), "Estimated saving")


def test_template_prints_nothing_that_no_filter_has_seen() -> None:
    bare = template("pull_request.md.j2").environment.from_string("{{ value }}")
    assert bare.render(value=7) == "7"
    with pytest.raises(TypeError, match="a template prints an unfiltered str; pass it through text, code, cell or"):
        bare.render(value="<b>")


def test_cut_order_is_fixed() -> None:
    """As the room shrinks: statements, diff, inputs, then lists and long values; never the first lines."""
    import msgspec

    pattern = msgspec.structs.replace(sample.hotspot().patterns[0], statement="s" * 9_000)
    note = "n" * 600
    made = (
        msgspec.structs.replace(sample.hotspot(), patterns=(pattern,)),
        sample.patch(diff="+x\n" * 9_000, notes=(note,) * 20),
        sample.proof(),
        sample.saving(inputs=sample.saving().inputs[:1] * 60),
    )
    seen = []
    for room in range(60_000, 0, -1_000):
        shown = body_of(*made, draft=False, room=room)
        assert shown.startswith("`GET /posts` runs **51** SQL statements per request")
        names = len(re.findall(r"^\| requests \|", shown, re.MULTILINE))
        notes = re.findall(r"^- Note: (n+)", shown, re.MULTILINE)
        parts = (max(map(len, re.findall("s{50,}", shown)), default=0) // 100 * 100, shown.count("\n+x"), names,
                 len(notes), len(notes[0]) + 1)  # fmt: skip
        seen += [parts] if not seen or seen[-1] != parts else []
    assert seen == [
        (4000, 8000, 40, 8, 500), (400, 8000, 40, 8, 500), (400, 2666, 40, 8, 500), (400, 0, 40, 8, 500),
        (0, 0, 5, 8, 500), (0, 0, 0, 3, 120), (0, 0, 0, 1, 40),
    ]  # fmt: skip


def test_many_rows_are_cut_and_counted() -> None:
    count = sample.proof().operations[0]
    shown = body(proof=sample.proof(operations=(count,) * 20))
    assert (shown.count("test_list_posts` | 51"), "… and 12 more." in shown) == (8, True)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 300),
    st.integers(0, 120_000),
    st.text(alphabet=st.sampled_from("a`|<&@#*\n\u202e😀"), min_size=1, max_size=400),
    st.sampled_from([LONGEST_BODY, 20_000, 8_000]),
)
def test_body_never_exceeds_its_room(rows: int, size: int, raw: str, room: int) -> None:
    clean = (sample.hotspot(), sample.patch(), sample.proof(), sample.saving())
    hotspot, patch, proof, saving = (soiled(record, raw) for record in clean)
    import msgspec

    change = msgspec.structs.replace
    patch = change(patch, diff="+x\n" * (size // 3), loads=patch.loads * rows, notes=(raw,) * rows)
    proof = change(
        proof, operations=proof.operations * rows, flaky=(raw,) * rows, limits=(raw,) * rows, frames=(raw,) * rows
    )
    saving = change(saving, inputs=saving.inputs * rows, lines=saving.lines * rows, not_counted=(raw,) * rows)
    assert len(body_of(hotspot, patch, proof, saving, draft=True, room=room)) <= room


@pytest.mark.parametrize(
    ("count", "largest", "drawn"),
    [(51, 51, "█" * 40), (1, 51, "▊"), (0, 51, ""), (1, 10_000, "▏"), (0, 0, ""), (3, 4, "█" * 30), (1, 64, "▋")],
)
def test_bar(count: int, largest: int, drawn: str) -> None:
    assert bar(count, largest) == drawn


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1500", "USD", "$1,500"),
        ("10", "EUR", "€10"),
        ("9.9", "USD", "under $10"),
        ("0", "USD", "$0"),
        ("-3", "USD", "-$3"),
        ("1500", "CHF", "CHF 1,500"),
        ("1.5E+3", "USD", "$1,500"),
    ],
)
def test_amount(value: str, currency: str, shown: str) -> None:
    assert money(Decimal(value), currency) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (sample.amount(360, 500, 650), "$500 [360–650]"),
        (sample.amount(1, 2, 30), "under $10"),
        (sample.amount(-20, -10, 5), "-$10 [-20–5]"),
    ],
)
def test_range(amount: Amount, shown: str) -> None:
    assert spread(amount, "USD") == shown


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [(66_000_000, "66 ms"), (4_000_000, "4 ms"), (450_000, "0.45 ms"), (2_500_000_000, "2,500 ms")],
)
def test_duration(nanoseconds: int, shown: str) -> None:
    assert duration(nanoseconds) == shown
