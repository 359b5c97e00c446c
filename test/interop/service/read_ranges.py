"""Reads range streams of a running service with pyarrow.flight, pandas and ADBC.

read_ranges.py PORT EXPECTED_ROWS.json FIRST LAST   prints a line of JSON per check: client, check, error or null.
read_ranges.py PORT --reader REQUEST OUT            reads a range into OUT, a line per batch, until it is killed.
"""

import concurrent.futures
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import pandas as pd
import pyarrow as pa
import pyarrow.flight as flight

port = int(sys.argv[1])
client = flight.connect(f"grpc://127.0.0.1:{port}")


def info(request):
    return client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(request)))


def reader(request):
    return client.do_get(info(request).endpoints[0].ticket)


def plain(value):
    """A cell as the expected rows have it: closed_at in ISO 8601, balance as text."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def rows(table):
    out = [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]
    for row in out:
        if row.get("balance") is not None:
            row["balance"] = str(row["balance"])
    return out


def progress(chunk):
    return json.loads(chunk.app_metadata.to_pybytes())


if sys.argv[2] == "--reader":
    with open(sys.argv[4], "w") as out:
        for chunk in reader(json.loads(sys.argv[3])):
            line = {"progress": progress(chunk), "rows": rows(pa.Table.from_batches([chunk.data]))}
            out.write(json.dumps(line) + "\n")
            out.flush()
            time.sleep(0.02)
    sys.exit()

expected = json.load(open(sys.argv[2]))
FIRST, LAST = int(sys.argv[3]), int(sys.argv[4])
RANGE = {"start_ledger": FIRST, "end_ledger": LAST}


def reads_every_row():
    table = reader(RANGE).read_all()
    table.validate(full=True)
    assert rows(table) == expected


def descriptors_and_schemas_agree():
    descriptor = flight.FlightDescriptor.for_command(json.dumps(RANGE))
    got = client.get_flight_info(descriptor)
    assert got.descriptor == descriptor
    assert got.schema == client.get_schema(descriptor).schema == reader(RANGE).schema
    assert got.total_records == -1 and got.total_bytes == -1


def filters():
    got = rows(reader({**RANGE, "filters": {"include_deleted": False, "change_types": ["created"]}}).read_all())
    assert got and got == [row for row in expected if row["change_type"] == "created"]


def columns():
    table = reader({**RANGE, "columns": ["change_index", "contract_id"]}).read_all()
    assert table.column_names == ["change_index", "contract_id"]
    assert table.to_pylist() == [{name: row[name] for name in table.column_names} for row in expected]


def every_batch_says_how_far_it_is():
    through = FIRST - 1
    for chunk in reader({**RANGE, "batch_size": 100}):
        said = progress(chunk)
        assert said["rows"] == chunk.data.num_rows and said["complete_through"] >= through, said
        through = said["complete_through"]
    assert through == LAST and said["end"] == "complete", said


def resumes_after_being_killed():
    request = {**RANGE, "batch_size": 50}
    with tempfile.TemporaryDirectory() as folder:
        got, start, kills = [], FIRST, 0
        while start <= LAST:
            out = os.path.join(folder, str(start))
            words = [sys.executable, __file__, str(port), "--reader", json.dumps({**request, "start_ledger": start}), out]
            child = subprocess.Popen(words)
            deadline = time.time() + 30
            while child.poll() is None and kills < 3 and time.time() < deadline:
                if os.path.exists(out) and len(open(out).readlines()) > 6 + kills:
                    child.send_signal(signal.SIGKILL)
                    kills += 1
                    break
                time.sleep(0.01)
            child.wait(60)
            # A line cut off was not received.
            lines = [json.loads(line) for line in open(out) if line.endswith("\n")]
            through = lines[-1]["progress"]["complete_through"]
            taken = [row for line in lines for row in line["rows"] if row["ledger_sequence"] <= through]
            got += taken
            start = through + 1
        assert kills == 3
        assert got == expected


def partitions_one_after_the_other():
    endpoints = info({**RANGE, "partitions": 3}).endpoints
    assert len(endpoints) == 3
    got = [row for endpoint in endpoints for row in rows(client.do_get(endpoint.ticket).read_all())]
    assert got == expected


def partitions_all_opened_and_read_in_order():
    readers = [client.do_get(endpoint.ticket) for endpoint in info({**RANGE, "partitions": 3}).endpoints]
    assert [row for each in readers for row in rows(each.read_all())] == expected


def partitions_in_parallel():
    def read(endpoint):
        return rows(flight.connect(f"grpc://127.0.0.1:{port}").do_get(endpoint.ticket).read_all())

    endpoints = info({**RANGE, "partitions": 3}).endpoints
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        assert [row for part in pool.map(read, endpoints) for row in part] == expected


def errors_are_told():
    for request, kind in (({"start_ledger": 0}, pa.ArrowInvalid), ({**RANGE, "colour": 1}, pa.ArrowInvalid)):
        try:
            info(request)
        except kind as error:
            assert "REQUEST_INVALID" in str(error), error
        else:
            raise AssertionError(f"{request} was served")


def a_watermark_for_readers_that_drop_metadata():
    got = info(RANGE)
    client.do_get(got.endpoints[0].ticket).read_all()
    query_id = json.loads(got.app_metadata)["query_id"] if hasattr(got, "app_metadata") else None
    (answer,) = client.do_action(flight.Action("contract_data.Watermark", query_id.encode()))
    assert json.loads(answer.body.to_pybytes()) == {"0": LAST}


def a_data_frame_keeps_integers_exact():
    table = reader(RANGE).read_all()
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    assert str(frame["balance"].dtype) == "int64[pyarrow]", frame["balance"].dtype
    assert str(frame["expiration_ledger_seq"].dtype) == "uint32[pyarrow]"
    got = [None if pd.isna(value) else str(value) for value in frame["balance"]]
    assert got == [row["balance"] for row in expected]


def reads_a_partition():
    from adbc_driver_flightsql import dbapi

    with dbapi.connect(f"grpc://127.0.0.1:{port}") as connection, connection.cursor() as cursor:
        cursor.adbc_read_partition(info(RANGE).serialize())
        assert rows(cursor.fetch_arrow_table()) == expected


CHECKS = [
    ("pyarrow", reads_every_row),
    ("pyarrow", descriptors_and_schemas_agree),
    ("pyarrow", filters),
    ("pyarrow", columns),
    ("pyarrow", every_batch_says_how_far_it_is),
    ("pyarrow", resumes_after_being_killed),
    ("pyarrow", partitions_one_after_the_other),
    ("pyarrow", partitions_all_opened_and_read_in_order),
    ("pyarrow", partitions_in_parallel),
    ("pyarrow", errors_are_told),
    ("pyarrow", a_watermark_for_readers_that_drop_metadata),
    ("pandas", a_data_frame_keeps_integers_exact),
    ("ADBC", reads_a_partition),
]

for name, check in CHECKS:
    error = None
    try:
        check()
    except Exception:
        error = traceback.format_exc()
    print(json.dumps({"client": name, "check": check.__name__, "error": error}), flush=True)
