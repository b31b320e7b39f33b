"""Rows in, rows out: each file beside this one has vendors' records and what a table must hold of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from avesa.core.entity import Entity
from avesa.core.select import outputs
from avesa.core.sql import graves, lit, versions
from avesa.edges.duck import Duck
from avesa.edges.mapping_files import read
from avesa.settings import Settings

MAPPINGS = read()
FILES = sorted(Path(__file__).parent.glob("*.yaml"))
CASES = [(path.stem, case) for path in FILES for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]]
ENTITIES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["entity"] for path in FILES}
SCAN = "read_json({}, format = 'newline_delimited', columns = {{record_id: 'VARCHAR', payload: 'VARCHAR'}})"
TIMES = "'2026-01-06T00:00:00Z'::timestamptz as source_updated_at, '2026-01-07T00:00:00Z'::timestamptz as pulled_at"


@pytest.mark.parametrize(("stem", "case"), CASES, ids=[f"{stem}: {case['rule']}" for stem, case in CASES])
async def test_a_record_becomes_its_row(stem, case, tmp_path):
    """T17: each value comes through its mapping, its cast and its checks as the case says."""
    found = await mapped(entity(stem), case["record"], tmp_path)
    told = {name: plain(found[name]) for name in case["row"]}
    assert told == case["row"]
    assert found.get("_broken") == case.get("broken")


def test_every_mapping_has_cases():
    """No SELECT goes without a test."""
    selects = {e.select for source in MAPPINGS.sources.values() for e in source.entities.values()}
    assert selects == {entity(stem).select for stem in ENTITIES}


def entity(stem: str) -> Entity:
    """The entity that a file of cases names as `source entity`."""
    return MAPPINGS.entity(*ENTITIES[stem].split(" ", 1))


async def mapped(entity: Entity, record: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the product makes of one record."""
    return (await mapped_all(entity, [record], folder))[0]


async def mapped_all(entity: Entity, records: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """What the product makes of records, in their order."""
    with Duck(Settings(scratch=folder), "cases") as duck:
        file = duck.folder / "records.json"
        payloads = [json.dumps(record, separators=(",", ":"), ensure_ascii=False) for record in records]
        lines = [{"record_id": f"{number:04}", "payload": payload} for number, payload in enumerate(payloads)]
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        scan = f"(select *, {TIMES} from {SCAN.format(lit(str(file)))})"
        if entity.tombstones:
            return await duck.rows(graves(entity, scan)) or [{"key": None}]
        contract = MAPPINGS.contract(entity.table)
        rows = await duck.rows(versions(contract, entity, "acme", outputs(entity.select), "v", scan))
        return sorted(rows, key=lambda row: row["_record"])


def plain(value: Any) -> Any:
    """A value as YAML writes it: times and amounts as text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, bool, int, float, list)) else str(value)
