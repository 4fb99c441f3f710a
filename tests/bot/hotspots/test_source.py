"""Compression, framing and limits of an input, and the good part of a bad one."""

import gzip
import io
import json
from pathlib import Path

import msgspec
import pytest
import zstandard

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.document import dump
from bot.hotspots.framing import messages
from bot.hotspots.jsontext import documents
from bot.hotspots.source import opened

SAMPLES = Path(__file__).parents[2] / "samples" / "hotspots"
OTEL = gzip.decompress((SAMPLES / "otel_flask_stable.jsonl.gz").read_bytes())
ZSTD = zstandard.ZstdCompressor()
SKIPPABLE = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"note"


def framed(*contents: bytes) -> bytes:
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)


def content_of(tmp_path: Path, raw: bytes, limit_mb: int = 1) -> tuple[bytes, tuple[str, ...]]:
    (tmp_path / "export").write_bytes(raw)
    with opened(str(tmp_path / "export"), limit_mb) as source:
        return source.read(), source.losses.sentences()


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        ZSTD.compress,
        lambda text: gzip.compress(text[:50]) + gzip.compress(text[50:]),
        lambda text: ZSTD.compress(text[:50]) + ZSTD.compress(text[50:]),
        lambda text: ZSTD.compress(text) + SKIPPABLE,
        lambda text: zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compress(text),
        lambda text: gzip.compress(ZSTD.compress(text)),
        lambda text: text,
    ],
    ids=["gzip", "zstd", "gzip twice", "zstd twice", "skippable frame", "unknown size", "zstd in gzip", "plain"],
)
@pytest.mark.parametrize("text", [b"x" * 100, OTEL], ids=["short", "long"])
def test_compression_is_taken_off(tmp_path: Path, pack: "object", text: bytes) -> None:
    assert content_of(tmp_path, pack(text)) == (text, ())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (framed(ZSTD.compress(b'{"a":1}'), ZSTD.compress(b'{"b":\n2}')), b'{"a":1}\n{"b": 2}\n'),
        (framed(ZSTD.compress(b"\x0a\x01x"), ZSTD.compress(b"\x0a\x00")), framed(b"\x0a\x01x", b"\x0a\x00")),
    ],
    ids=["JSON", "protobuf"],
)
def test_framed_zstd_becomes_a_plain_stream(tmp_path: Path, raw: bytes, expected: bytes) -> None:
    assert content_of(tmp_path, raw) == (expected, ())
    assert content_of(tmp_path, gzip.compress(raw)) == (expected, ())


def test_a_damaged_frame_among_good_ones_is_dropped(tmp_path: Path) -> None:
    good = ZSTD.compress(b'{"a":1}')
    for bad in (good[:4] + b"\xff" * 20, good[:-3]):
        raw = framed(good, bad, good)
        assert content_of(tmp_path, raw) == (b'{"a":1}\n' * 2, ("1 dropped: damaged zstd frame",))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (gzip.compress(OTEL)[:3000], "gzip"),
        (ZSTD.compress(OTEL) + ZSTD.compress(OTEL)[:3000], "zstd"),
        (framed(ZSTD.compress(b'{"a":1}'), b"x" * 40)[:-3], "zstd"),
        (framed(ZSTD.compress(b'{"a":1}')) + b"\0\0", "zstd"),
        (framed(ZSTD.compress(b'{"a":1}')) + b"\xff\xff\xff\xff", "zstd"),
    ],
    ids=["gzip", "second zstd frame", "framed", "length cut", "length of 4 GiB"],
)
def test_a_truncated_file_ends_early_and_says_so(tmp_path: Path, raw: bytes, name: str) -> None:
    content, sentences = content_of(tmp_path, raw)
    assert content.startswith(b"{")
    assert sentences == (f"1 dropped: end of the {name} file, which is truncated",)


def wide_window() -> bytes:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=30)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(b"{}") + compressor.flush()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            zstandard.ZstdCompressor(level=19).compress(b" " * 10_000_000),
            "X decompresses to more than 1 MiB, the limit; export a shorter window or raise `max-input-mb`.",
        ),
        (
            framed(*[ZSTD.compress(b'{"a":"' + b"x" * 400_000 + b'"}')] * 3),
            "X decompresses to more than 1 MiB, the limit; export a shorter window or raise `max-input-mb`.",
        ),
        (
            framed(ZSTD.compress(b"{" * 3_000_000)),
            "X decompresses to more than 1 MiB, the limit; export a shorter window or raise `max-input-mb`.",
        ),
        (
            gzip.compress(gzip.compress(b" " * 3_000_000)),
            "X decompresses to more than 1 MiB, the limit; export a shorter window or raise `max-input-mb`.",
        ),
        (wide_window(), "X needs a zstd window above 128 MiB; compress it without --ultra --long."),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "X is a damaged zstd file; export it again."),
    ],
    ids=["bomb", "total of many frames", "bomb in a frame", "bomb twice packed", "window", "damaged"],
)
def test_limits_of_decompression(tmp_path: Path, raw: bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        content_of(tmp_path, raw)
    assert str(raised.value) == message.replace("X", str(tmp_path / "export"))


def test_messages_of_uncompressed_framing() -> None:
    assert list(messages(io.BytesIO(framed(b"a", b"", b"bc")))) == [b"a", b"", b"bc"]
    with pytest.raises(EOFError):
        list(messages(io.BytesIO(framed(b"a", b"bc")[:-1])))


BAD_LINE = b'{"resourceSpans": [\n'
SPAN = {"traceId": "a", "spanId": "b", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}


def otlp(*spans: object) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (OTEL + OTEL[:500], "1 dropped: truncated JSON"),
        (OTEL[:500] + b"\n" + OTEL, "1 dropped: no JSON"),
        (b"garbage\nmore garbage\n\n" + OTEL, "2 dropped: no JSON"),
        (OTEL + b"garbage\n" + OTEL + b"garbage\n", "2 dropped: no JSON"),
        (OTEL + OTEL.replace(b"customers", b"cust\xffmers"), "1 dropped: text that is not UTF-8"),
        (OTEL + b'{"a":' + b"[" * 200_000 + b"\n", "1 dropped: JSON nested too deeply"),
        (OTEL + b'{"resourceSpans":{"a":1}}\n', "1 dropped: a field is missing or wrong"),
        (OTEL + otlp(SPAN, SPAN | {"spanId": 1}, SPAN | {"name": []}), "2 dropped: a field is missing or wrong"),
        (OTEL + otlp(SPAN | {"endTimeUnixNano": "x"}), "1 dropped: a span without a valid time or id"),
    ],
    ids=["cut", "first cut", "two first", "in the middle", "encoding", "deep", "shape", "spans", "time"],
)  # fmt: skip
def test_the_good_part_is_used(
    tmp_path: Path, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "export"
    path.write_bytes(OTEL)
    expected = read([str(path)], Config())
    assert capsys.readouterr().err == ""
    path.write_bytes(content)
    found = read([str(path)], Config())
    assert [h.id for h in found] == [h.id for h in expected]
    assert all(h.trust.limits[-1] == sentence for h in found)
    assert capsys.readouterr().err == f"costmod: {path}: {sentence}.\n"


def test_losses_of_all_files_are_added(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(OTEL + b"garbage\n")
    (tmp_path / "good").write_bytes(OTEL)
    hotspots = read([str(tmp_path / name) for name in ("one", "good", "two")], Config())
    assert {h.trust.limits[-1] for h in hotspots} == {"2 dropped: no JSON"}
    assert "dropped" not in dump(read([str(tmp_path / "good")], Config()))


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1}\n{"a":2}\n',
        b'{"a":1}{"a":2}',
        b'{\n "a": 1\n}\n{\n "a": 2\n}\n',
        b'\xef\xbb\xbf{\n "a":\n 1}\n\n\n{"a": 2}\n',
        b'{\n"a":1}  {"a":\n2}',
    ],
    ids=["lines", "one line", "indented", "mixed", "closed early"],
)
def test_documents_in_any_layout(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "export").write_bytes(text)
    with opened(str(tmp_path / "export"), 1) as source:
        assert list(documents(source, msgspec.json.Decoder(dict[str, int]))) == [{"a": 1}, {"a": 2}]
        assert source.losses.sentences() == ()


def test_documents_say_the_line_of_the_first_error(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(b'{\n "a": 1\n}\n{\n "a": 2,,\n}\n')
    with opened(str(tmp_path / "export"), 1) as source:
        assert list(documents(source, msgspec.json.Decoder(dict[str, int]))) == [{"a": 1}]
        assert str(source.losses.first) == f"{tmp_path / 'export'}: line 5 is no JSON; export it again."
