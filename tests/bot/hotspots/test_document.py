import json
from pathlib import Path

import jsonschema
import msgspec

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.document import dump, load, schema
from bot.hotspots.rank import rank

SAMPLES = Path(__file__).parents[2] / "samples" / "hotspots"
PATHS = [str(path) for path in sorted(SAMPLES.glob("*.gz"))]


def test_what_is_dumped_is_read_back(tmp_path: Path) -> None:
    hotspots = read(PATHS, Config())
    (tmp_path / "hotspots.json").write_text(dump(hotspots))
    assert read([str(tmp_path / "hotspots.json")], Config()) == hotspots
    assert dump(load(dump(hotspots).encode(), "x")) == dump(hotspots)


def test_the_document_follows_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(dump(read(PATHS, Config())))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(document)) == []
    del document["hotspots"][0]["metrics"]["total_ns"]
    assert len(list(jsonschema.Draft202012Validator(schema()).iter_errors(document))) == 1


def test_ranking() -> None:
    hotspots = read([PATHS[1]], Config())
    first, second = (
        msgspec.structs.replace(h, metrics=msgspec.structs.replace(h.metrics, **values))
        for h, values in zip(
            hotspots,
            (
                {"total_ns": 9, "p99_ns": 1, "requests_in_window": 1, "cpu_ns": None},
                {"total_ns": 1, "p99_ns": 9, "requests_in_window": 9, "cpu_ns": 9},
            ),
            strict=True,
        )
    )
    for by, expected in (
        ("total", [first, second]),
        ("cost", [first, second]),
        ("p99", [second, first]),
        ("cpu", [second, first]),
        ("calls", [second, first]),
    ):
        assert rank([second, first], by) == rank([first, second], by) == expected  # type: ignore[arg-type]
