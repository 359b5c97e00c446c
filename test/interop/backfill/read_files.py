"""Reads the files of a backfill with pyarrow and DuckDB: read_files.py ARROW_DIR PARQUET_DIR EXPECTED_ROWS. A line of JSON per check."""

import glob
import json
import sys
from datetime import timezone

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

arrow_dir, parquet_dir, expected_file = sys.argv[1:]
expected = json.load(open(expected_file))
names = list(expected[0])


def check(client, name, found, wanted):
    print(json.dumps({"client": client, "check": name, "error": None if found == wanted else f"{str(found)[:400]}"}))


def cell(name, value):
    """As the expected rows write it: times in ISO 8601, balances, which are 64 bits wide, as text."""
    if value is None:
        return None
    if name == "closed_at":
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if name == "balance" else value


def rows_of(table):
    return [{name: cell(name, row[name]) for name in names} for row in table.to_pylist()]


arrow_files = sorted(glob.glob(f"{arrow_dir}/*.arrow"))
check("pyarrow", "reads the Arrow files in ledger order", [r for f in arrow_files for r in rows_of(pa.ipc.open_file(f).read_all())], expected)

parquet_files = sorted(glob.glob(f"{parquet_dir}/*.parquet"))
check("pyarrow", "reads the Parquet files", [r for f in parquet_files for r in rows_of(pq.read_table(f))], expected)
metadata = pq.ParquetFile(parquet_files[0]).metadata
check("pyarrow", "finds the pages compressed with zstd", {metadata.row_group(0).column(i).compression for i in range(metadata.num_columns)}, {"ZSTD"})
ledger = next(i for i in range(metadata.num_columns) if metadata.row_group(0).column(i).path_in_schema == "ledger_sequence")
statistics = metadata.row_group(0).column(ledger).statistics
first = json.load(open(parquet_files[0].replace(".parquet", ".json")))["first_ledger"]
check("pyarrow", "finds the ledgers of a row group in its statistics", statistics.min >= first, True)
check("pyarrow", "reads the schema's metadata", pq.read_schema(parquet_files[0]).metadata.get(b"schema_type"), b"contract_data")

connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
columns = ", ".join(names)
query = f"SELECT {columns} FROM read_parquet('{parquet_dir}/*.parquet') ORDER BY ledger_sequence, change_index"
found = [dict(zip(names, (cell(n, v) for n, v in zip(names, row)))) for row in connection.execute(query).fetchall()]
check("duckdb", "reads all Parquet files as one table", found, expected)
count = connection.execute(f"SELECT count(*), count(DISTINCT ledger_sequence) FROM '{parquet_dir}/*.parquet' WHERE change_type = 'created'").fetchone()
created = [row for row in expected if row["change_type"] == "created"]
check("duckdb", "filters", count, (len(created), len({row["ledger_sequence"] for row in created})))
