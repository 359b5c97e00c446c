"""Reads the test producer with pyarrow.flight, the C++ reference client.

Takes the line that serve.js prints on stdin; prints a line of JSON per check: {"check": name, "error": text or null}.
"""

import datetime
import json
import sys
import time
import traceback

import pyarrow as pa
import pyarrow.flight as flight

served = json.load(sys.stdin)
client = flight.connect(f"grpc://127.0.0.1:{served['flights']}")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint32(), nullable=False),
        pa.field("name", pa.utf8()),
        pa.field("balance", pa.int64()),
        pa.field("deleted", pa.bool_(), nullable=False),
        pa.field("closed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("expiration", pa.uint32()),
    ]
)


def expected_rows():
    for row in served["rows"]:
        yield {
            **row,
            "balance": None if row["balance"] is None else int(row["balance"]),
            "closed_at": EPOCH + datetime.timedelta(microseconds=int(row["closed_at"])),
        }


def info(name):
    return client.get_flight_info(flight.FlightDescriptor.for_command(name))


def reader(name):
    return client.do_get(info(name).endpoints[0].ticket)


def state():
    (result,) = client.do_action(flight.Action("state", b""))
    return json.loads(result.body.to_pybytes())


def list_flights():
    names = [each.descriptor.path for each in client.list_flights()]
    assert names == [[b"sample"], [b"plain"], [b"empty"], [b"endless"], [b"broken"]], names
    (one,) = client.list_flights(b"emp")
    assert one.descriptor.path == [b"empty"], one.descriptor


def get_flight_info():
    for descriptor in (flight.FlightDescriptor.for_command("sample"), flight.FlightDescriptor.for_path("sample")):
        got = client.get_flight_info(descriptor)
        assert got.descriptor == descriptor, got.descriptor
        assert got.schema == SCHEMA, got.schema
        assert got.total_records == -1 and got.total_bytes == -1
        assert len(got.endpoints) == 1 and got.endpoints[0].locations == []


def get_schema():
    assert client.get_schema(flight.FlightDescriptor.for_command("sample")).schema == SCHEMA


def read_all():
    table = reader("sample").read_all()
    assert table.schema == SCHEMA, table.schema
    table.validate(full=True)
    assert table.to_pylist() == list(expected_rows()), table.to_pylist()


def to_reader():
    batches = list(reader("sample").to_reader())
    assert [batch.num_rows for batch in batches] == [0, 2, 0, 0, 3, 0], batches
    assert pa.Table.from_batches(batches).to_pylist() == list(expected_rows())


def application_metadata():
    chunks = list(reader("sample"))
    got = [json.loads(chunk.app_metadata.to_pybytes())["batch"] for chunk in chunks]
    assert got == [0, 1, 2, 3, 4, 5], got
    assert all(chunk.app_metadata is None for chunk in reader("plain"))


def empty_result():
    table = reader("empty").read_all()
    assert table.schema == SCHEMA and table.num_rows == 0


def schema_before_any_batch():
    stream = reader("endless")
    assert stream.schema == SCHEMA
    stream.cancel()


def cancel():
    before = state()
    stream = reader("endless")
    for _ in range(5):
        stream.read_chunk()
    stream.cancel()
    deadline = time.time() + 5
    while state()["endlessReturned"] <= before["endlessReturned"]:
        assert time.time() < deadline, (before, state())
        time.sleep(0.02)


def error_after_batches():
    got = 0
    try:
        for _ in reader("broken"):
            got += 1
    except flight.FlightInternalError as error:
        assert "INTERNAL: žluť: the source broke; resume_from=7" in str(error), error
        assert got == 6, got
        return
    raise AssertionError("the stream ended well")


def unknown_ticket():
    try:
        client.do_get(flight.Ticket(b"nowhere"))
    except pa.ArrowKeyError as error:
        assert "no flight is named nowhere" in str(error), error
        return
    raise AssertionError("no error")


def deadline():
    options = flight.FlightCallOptions(timeout=0.3)
    try:
        for _ in client.do_get(flight.Ticket(b"endless"), options):
            pass
    except flight.FlightTimedOutError:
        return
    raise AssertionError("no error")


def long_timeout():
    options = flight.FlightCallOptions(timeout=4_000_000)
    assert client.do_get(flight.Ticket(b"sample"), options).read_all().num_rows == 5


def uploads_are_refused():
    try:
        writer, _ = client.do_put(flight.FlightDescriptor.for_path("x"), SCHEMA)
        writer.close()
    except pa.ArrowNotImplementedError as error:
        assert "read only" in str(error), error
        return
    raise AssertionError("no error")


def actions():
    assert [action.type for action in client.list_actions()] == ["state"]
    try:
        list(client.do_action("unheard-of"))
    except pa.ArrowNotImplementedError:
        return
    raise AssertionError("no error")


def handshake_without_authentication():
    try:
        client.authenticate_basic_token("user", "password")
    except pa.ArrowNotImplementedError:
        return
    raise AssertionError("no error")


CHECKS = [
    list_flights,
    get_flight_info,
    get_schema,
    read_all,
    to_reader,
    application_metadata,
    empty_result,
    schema_before_any_batch,
    cancel,
    error_after_batches,
    unknown_ticket,
    deadline,
    long_timeout,
    uploads_are_refused,
    actions,
    handshake_without_authentication,
]

for check in CHECKS:
    error = None
    try:
        check()
    except Exception:
        error = traceback.format_exc()
    print(json.dumps({"check": check.__name__, "error": error}), flush=True)
