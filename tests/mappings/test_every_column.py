"""What holds of every mapping, whatever its cases say."""

import pytest
from tests.mappings.test_mappings import CASES, ENTITIES, entity, mapped_all

from avesa.core.select import outputs

ROWS = [stem for stem in ENTITIES if not entity(stem).tombstones]
TEXT = [stem for stem in ROWS if entity(stem).source != "connectwise"]
"""Entities whose source sends a null as empty text: ServiceNow always, Salesforce by Bulk."""


@pytest.mark.parametrize("stem", ROWS)
def test_every_column_of_a_select_has_a_case(stem):
    """A column that no case gives a value could break unseen."""
    told = {name for named, case in CASES if named == stem for name, value in case["row"].items() if value is not None}
    assert set(outputs(entity(stem).select)) - {"source_id"} <= told


@pytest.mark.parametrize(("stem", "nothing"), [*((s, None) for s in ROWS), *((s, "") for s in TEXT)])
async def test_a_record_with_nothing_in_it_is_still_a_row(stem, nothing, tmp_path):
    """Keys that are missing, null or empty mean the same and break nothing."""
    of = entity(stem)
    records = [{**dict.fromkeys(of.shape, nothing), of.key: "7"}, {of.key: "7"}]
    found, bare = await mapped_all(of, records, tmp_path)
    assert (found["source_id"], found["_broken"], found["is_deleted"]) == ("7", None, False)
    differing = {name for name in found if found[name] != bare[name]}
    assert differing == {"content_hash", "_record"}
