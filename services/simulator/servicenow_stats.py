"""The Aggregate API: counts, smallest and largest values, sums, in groups if asked.

https://www.servicenow.com/docs/bundle/api-reference/page/integrate/inbound-rest/concept/c_AggregateAPI.html
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.servicenow_api import ServiceNowApi, json
from simulator.servicenow_columns import Table
from simulator.servicenow_pages import query_of

_FOLDS: dict[str, Callable[[list[str]], str]] = {
    "min": lambda values: min(values, default=""),
    "max": lambda values: max(values, default=""),
    "sum": lambda values: str(sum(_numbers(values))),
    "avg": lambda values: f"{sum(_numbers(values)) / len(values):.4f}" if values else "",
}


class StatsPages:
    """`/api/now/stats/…`."""

    def __init__(self, api: ServiceNowApi) -> None:
        self._api = api

    async def stats(self, request: Request) -> Response:
        """Aggregates over the rows that match."""
        table = self._api.table(request.path_params["table"])
        rows = self._api.selector.rows(table, query_of(request))
        grouped = [name for name in request.query_params.get("sysparm_group_by", "").split(",") if name]
        if not grouped:
            return json({"result": {"stats": self._stats(request, table, rows)}})
        reads = [self._reader(table, name) for name in grouped]
        groups: dict[tuple[str, ...], list[Any]] = {}
        for row in rows:
            groups.setdefault(tuple(read(row) for read in reads), []).append(row)
        result = [
            {
                "stats": self._stats(request, table, members),
                "groupby_fields": [
                    {"field": name, "value": value} for name, value in zip(grouped, values, strict=True)
                ],
            }
            for values, members in groups.items()
        ]
        return json({"result": result})

    def _stats(self, request: Request, table: Table, rows: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if request.query_params.get("sysparm_count") == "true":
            found["count"] = str(len(rows))
        for name, fold in _FOLDS.items():
            fields = request.query_params.get(f"sysparm_{name}_fields", "").split(",")
            values = {field: fold(self._values(table, rows, field)) for field in fields if field}
            if values:
                found[name] = values
        return found

    def _values(self, table: Table, rows: list[Any], name: str) -> list[str]:
        read = self._reader(table, name)
        return [value for value in map(read, rows) if value]

    def _reader(self, table: Table, name: str) -> Callable[[Any], str]:
        found = self._api.selector.column(table, name)
        return found[1] if found else lambda _: ""


def _numbers(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.lstrip("-").isdigit()]
