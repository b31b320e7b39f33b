"""Further classes of ServiceNow tasks."""

import re

from avesa.core.mapping import load
from avesa.edges.mapping_files import CHECKOUT


def test_further_classes_of_task_are_configuration_only():
    """Taking the marks away from the examples in servicenow.yaml is all that it needs."""
    files = {
        path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8")
        for path in CHECKOUT.rglob("*")
        if path.suffix in {".yaml", ".sql"}
    }
    files["servicenow.yaml"] = re.sub(
        r"^  # (\w+: \{table: tickets)", r"  \1", files["servicenow.yaml"], flags=re.MULTILINE
    )
    mappings = load(files)
    for name in ("sc_req_item", "change_request", "problem"):
        assert mappings.entity("servicenow", name).select == mappings.entity("servicenow", "incident").select
