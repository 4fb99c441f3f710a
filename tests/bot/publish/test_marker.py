import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.publish import marker

MARKER = marker.Marker(fp="f", codemod="m", head="h", base="b", content="c", title="t", tool="0.1.0")
LINE = marker.write(MARKER)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(LINE, id="alone"),
        pytest.param(f"text\r\n\r\n{LINE}\r\n", id="crlf"),
        pytest.param(f"{LINE}\n\nsomebody wrote below it", id="text-below"),
        pytest.param(LINE.replace("<!-- ", "<!--").replace(" -->", "-->"), id="no-spaces"),
        pytest.param(LINE.replace("=", ""), id="padding-lost"),
        pytest.param(
            f"{marker.write(marker.Marker(**{**dict.fromkeys(MARKER.__struct_fields__, 'x')}))}\n{LINE}", id="last-wins"
        ),
        pytest.param(f"{LINE}\n<!-- costmod:v1:bm90IGpzb24= -->", id="broken-one-after"),
    ],
)
def test_read(body: str) -> None:
    assert marker.read(body) == MARKER


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("<!-- costmod:v1: -->", id="nothing-inside"),
        pytest.param("<!-- costmod:v1:!!!! -->", id="no-base64"),
        pytest.param("<!-- costmod:v1:A -->", id="bad-length"),
        pytest.param(f"<!-- costmod:v1:{base64.urlsafe_b64encode(b'{}').decode()} -->", id="fields-missing"),
        pytest.param(f"<!-- costmod:v1:{base64.urlsafe_b64encode(b'[1]').decode()} -->", id="no-object"),
        pytest.param(f"<!-- costmod:v1:{base64.urlsafe_b64encode(bytes([255, 254])).decode()} -->", id="no-utf8"),
        pytest.param(LINE.replace("v1", "v2"), id="another-version"),
        pytest.param(f"<!-- costmod:v1:{'A' * 5000} -->", id="too-long"),
    ],
)
def test_read_nothing(body: str) -> None:
    assert marker.read(body) is None


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_human_text_survives_any_number_of_updates(written: str) -> None:
    human = marker.human_text(written)
    body = marker.compose("first part", human, MARKER)
    again = marker.compose("second part", marker.human_text(body), MARKER)
    assert marker.human_text(again) == human
    assert (again.count(marker.BEGIN), marker.read(again)) == (1, MARKER)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_digest_keeps_texts_apart(left: list[str], right: list[str]) -> None:
    safe = [[part.encode(errors="replace").decode() for part in side] for side in (left, right)]
    assert (marker.digest(*safe[0]) == marker.digest(*safe[1])) == (safe[0] == safe[1])
