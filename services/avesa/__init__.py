"""avesa keeps four clean tables for every tenant of a managed service provider.

The rooms:

    core/      rules without I/O: windows, ledger, mapping, limits, SQL, names
    sources/   one vendor's dialect per file, over plain request and response values
    edges/     all I/O: http, duck, delta, raw, and the pairs of embedded/ and aws/
    cli/       the commands; the only place that wires edges to verbs
    *.py       the verbs, one obvious path each

The path of a message:

    tick ─▶ worker ─▶ plan.py ──▶ ledger windows ─▶ "ingest" messages
    ingest ─▶ worker ─▶ ingest.py ─▶ client.py ─▶ source ─▶ raw Parquet ─▶ window landed
    tick ─▶ worker ─▶ transform.py ─▶ landed windows ─▶ DuckDB ─▶ one Delta commit ─▶ windows merged
"""

__version__ = "0.1.0"
