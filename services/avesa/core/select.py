"""A mapping's SELECT is code: what it may do is checked before DuckDB sees it.

One SELECT over the relation `record`, one row out for each record in; plain functions only; no
file, no other table, no star. Every output column stands in the contract, every `r.…` path in the shape.
"""

import re
from collections.abc import Iterator
from typing import Any

from avesa.core.contract import Contract
from avesa.core.entity import Shape
from avesa.core.normal import FORMS
from avesa.errors import BadMapping

TOMBSTONE_COLUMNS = frozenset({"source_id", "deleted_at", "delete_cause"})
DELETE_COLUMNS = frozenset({"is_deleted", "deleted_at", "delete_cause"})
RECORD_COLUMNS = ("record_id", "source_updated_at", "pulled_at", "payload", "r", "custom_fields")
"""What relation `record` has: see `avesa.core.sql.mapped`."""

_ALLOWED = """
abs and array array_append array_concat array_contains array_distinct array_first array_length array_size array_slice
array_sort array_to_string arrow_json_extract bracket case cast ceil chr coalesce concat concat_ws contains date_add
date_sub date_trunc datediff day distinct divide element_at ends_with epoch epoch_ms filter flatten floor greatest
hour if ifnull in interval is_nan j_s_o_n_object json_array_contains json_extract json_extract_array
json_extract_scalar json_extract_string json_keys json_object json_serialize json_transform least left len length
list_aggregate list_concat list_contains list_distinct list_extract list_filter list_first list_has list_sort
list_transform list_value list_zip lower lpad ltrim make_interval make_time make_timestamptz map map_entries
map_extract map_from_entries md5 minute month not nullif or ord pad parse_json regexp_extract regexp_full_match
regexp_like regexp_matches regexp_replace regexp_split_to_array repeat replace reverse right round rpad rtrim second
sha256 sign split split_part starts_with str_position str_to_time string_split string_to_array strip_accents strptime
struct struct_extract struct_pack substr substring time_str_to_time time_to_str time_to_unix timestamp timestamptz
to_hours to_json to_minutes to_seconds to_timestamp transform translate trim try try_cast try_strptime ts_or_ds_add
ts_or_ds_to_date unicode unix_to_time upper xor year
"""
FUNCTIONS = frozenset(_ALLOWED.split()) | FORMS.keys()
"""Functions a mapping may use, in sqlglot's words: none reads a file, a setting, the network or a clock."""


def check_select(path: str, sql: str, contract: Contract, shape: Shape, *, tombstones: bool) -> tuple[str, ...]:
    """Check a SELECT and return its output columns in order; BadMapping names file and line."""
    from sqlglot import exp

    tree = _parse(path, sql)
    if not isinstance(tree, exp.Select):
        raise BadMapping(f"{path}:1: a mapping is one SELECT.")
    _row_by_row(path, sql, tree)
    _functions(path, sql, tree)
    _columns(path, sql, tree, shape)
    return _outputs(path, sql, tree, contract, tombstones=tombstones)


def outputs(sql: str) -> tuple[str, ...]:
    """The output columns of a SELECT that was checked."""
    return tuple(_parse("", sql).named_selects)


def _parse(path: str, sql: str) -> Any:
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    try:
        statements = [statement for statement in sqlglot.parse(sql, read="duckdb") if statement is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise BadMapping(f"{path}:{first.get('line', 1)}: {first.get('description', error)}") from None
    except TokenError as error:
        raise BadMapping(f"{path}:1: {error}") from None
    if len(statements) != 1:
        raise BadMapping(f"{path}:1: a mapping is one SELECT; here are {len(statements)} statements.")
    return statements[0]


def _row_by_row(path: str, sql: str, tree: Any) -> None:
    """One record in, one row out: what joins, groups, cuts or orders rows would break the proof of completeness."""
    from sqlglot import exp

    for part, held in tree.args.items():
        if held and part not in {"expressions", "from_"}:
            raise BadMapping(
                f"{path}:1: a mapping makes one row of each record; `{part.strip('_')}` has no place here."
            )
    if not tree.args.get("from_") or tree.args["from_"].this != exp.to_table("record"):
        raise BadMapping(f"{_at(path, sql, 'from')}: a mapping reads `from record` and nothing else.")
    for node in tree.find_all(exp.Query, exp.Window, exp.Command, exp.Placeholder, exp.Parameter):
        if node is not tree and not isinstance(node, exp.Table):
            raise BadMapping(f"{path}:1: {node.sql()!r} has no place in a mapping; for lists there are list functions.")


def _functions(path: str, sql: str, tree: Any) -> None:
    from sqlglot import exp

    for node in tree.find_all(exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if name.lower() not in FUNCTIONS:
            raise BadMapping(f"{_at(path, sql, name)}: the function {name.lower()} may not be used in a mapping.")


def _columns(path: str, sql: str, tree: Any, shape: Shape) -> None:
    from sqlglot import exp

    for column in tree.find_all(exp.Column):
        parts = [part.name for part in column.parts]
        while isinstance(column.parent, exp.Dot) and column.parent.this is column:
            column = column.parent  # noqa: PLW2901  the path goes on above the column
            parts.append(column.expression.name)
        place, said = _at(path, sql, ".".join(parts)), ".".join(parts)
        if parts[0] not in RECORD_COLUMNS:
            raise BadMapping(f"{place}: {said} is not a column of record; there are {', '.join(RECORD_COLUMNS)}.")
        if parts[0] == "r" and len(parts) > 1 and not _known(shape, parts[1:]):
            raise BadMapping(f"{place}: {said} is not in the entity's shape.")


def _known(shape: Any, parts: list[str]) -> bool:
    names = {name.lower(): held for name, held in shape.items()} if isinstance(shape, dict) else {}
    if parts[0].lower() not in names:
        return False
    return len(parts) == 1 or _known(names[parts[0].lower()], parts[1:])


def _outputs(path: str, sql: str, tree: Any, contract: Contract, *, tombstones: bool) -> tuple[str, ...]:
    from sqlglot import exp

    if any(isinstance(output, exp.Star) or output.is_star for output in tree.expressions):
        raise BadMapping(f"{path}:1: name each column; `*` would change with the record.")
    names = tuple(tree.named_selects)
    allowed = TOMBSTONE_COLUMNS if tombstones else {*contract.names, "source_id", *DELETE_COLUMNS} - {contract.key}
    for name in names:
        if name not in allowed:
            raise BadMapping(
                f"{_at(path, sql, name)}: {name or 'a column without a name'} is not a column of {contract.table}."
            )
        if names.count(name) > 1:
            raise BadMapping(f"{_at(path, sql, name)}: {name} stands twice.")
    if "source_id" not in names:
        raise BadMapping(f"{path}:1: source_id is missing.")
    return names


def _at(path: str, sql: str, word: str) -> str:
    return f"{path}:{next(_lines(sql, word), 1)}"


def _lines(sql: str, word: str) -> Iterator[int]:
    pattern = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    return (
        number for number, line in enumerate(sql.splitlines(), 1) if word and pattern.search(line.partition("--")[0])
    )
