"""Drives the control plane with a client made from the predecessor's .proto, and reads the sessions with pyarrow.flight.

Takes the line that serve.js prints on stdin, and the folder of the generated modules as its argument; prints a line of
JSON per check: {"check": name, "error": text or null}.
"""

import json
import sys
import time
import traceback

import pyarrow.flight as flight

sys.path.insert(0, sys.argv[1])
import grpc  # noqa: E402
import predecessor_pb2 as pb  # noqa: E402
import predecessor_pb2_grpc as rpc  # noqa: E402

served = json.load(sys.stdin)
control = rpc.ControlServiceStub(grpc.insecure_channel(f"127.0.0.1:{served['control']}"))
flights = flight.connect(f"grpc://127.0.0.1:{served['flight']}")
FIRST, LAST, ROWS = served["first"], served["last"], served["rows"]


def start(first=FIRST, last=LAST, batch_size=0):
    reply = control.StartProcessing(pb.StartProcessingRequest(start_ledger=first, end_ledger=last, batch_size=batch_size))
    assert reply.success and reply.session_id, reply
    return reply.session_id


def status(session_id=""):
    return control.GetStatus(pb.GetStatusRequest(session_id=session_id))


def until(condition):
    deadline = time.time() + 20
    while not condition():
        assert time.time() < deadline, "not within 20 s"
        time.sleep(0.02)


def read(*path):
    info = flights.get_flight_info(flight.FlightDescriptor.for_path("contract", "data", *path))
    return flights.do_get(info.endpoints[0].ticket).read_all()


def same_rows(table, expected):
    table.validate(full=True)
    got = table.select(list(ROWS[0])).to_pylist()
    assert got == expected, (len(got), len(expected))


def session_from_start_to_end():
    session_id = start(batch_size=40)
    same_rows(read(session_id), ROWS)
    until(lambda: status(session_id).status == pb.STOPPED)
    last = status(session_id)
    assert (last.current_ledger, last.target_ledger, last.error_message) == (LAST, LAST, ""), last
    assert last.entries_processed == len(ROWS), last


def batch_size_is_honoured():
    session_id = start(batch_size=40)
    info = flights.get_flight_info(flight.FlightDescriptor.for_path("contract", "data", session_id))
    sizes = [chunk.data.num_rows for chunk in flights.do_get(info.endpoints[0].ticket)]
    assert max(sizes) <= 40 and sum(sizes) == len(ROWS), sizes


def two_readers_get_everything():
    session_id = start()
    same_rows(read(session_id), ROWS)
    same_rows(read(session_id), ROWS)


def newest_by_path_and_by_ticket():
    start(FIRST, FIRST)
    until(lambda: status().status == pb.STOPPED)
    expected = [row for row in ROWS if row["ledger_sequence"] == FIRST]
    same_rows(read(), expected)
    same_rows(flights.do_get(flight.Ticket(b"contract-data-stream")).read_all(), expected)


def stop_and_read_the_rest():
    session_id = start(FIRST, 0)
    until(lambda: status(session_id).status == pb.RUNNING)
    assert control.StopProcessing(pb.StopProcessingRequest(session_id=session_id)).success
    until(lambda: status(session_id).status == pb.STOPPED)
    info = flights.get_flight_info(flight.FlightDescriptor.for_path("contract", "data", session_id))
    last = list(flights.do_get(info.endpoints[0].ticket))[-1]
    assert json.loads(last.app_metadata.to_pybytes())["end"] == "stopped", last.app_metadata


def metrics_mean_what_they_say():
    session_id = start()
    read(session_id)
    got = control.GetMetrics(pb.GetMetricsRequest(session_id=session_id))
    assert got.contracts_processed == len(ROWS) and got.entries_skipped == 0, got
    assert got.bytes_processed == served["bytes"] and got.batches_created > 0, got
    assert got.processing_rate > 0 and abs(got.last_update_time - time.time()) < 30, got


def filters_without_presence_change_what_they_name():
    contract = ROWS[3]["contract_id"]
    reply = control.ConfigureFilters(pb.ConfigureFiltersRequest(contract_ids=[contract]))
    assert reply.success and reply.message, reply
    # include_deleted was not set by this client: deletions still come.
    same_rows(read(start()), [row for row in ROWS if row["contract_id"] == contract])


def refusals():
    for call, code in [
        (lambda: start(0), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda: start(9, 8), grpc.StatusCode.INVALID_ARGUMENT),
        (lambda: status("no-such"), grpc.StatusCode.NOT_FOUND),
    ]:
        try:
            call()
        except grpc.RpcError as error:
            assert error.code() == code, error
        else:
            raise AssertionError("no error")


CHECKS = [
    session_from_start_to_end,
    batch_size_is_honoured,
    two_readers_get_everything,
    newest_by_path_and_by_ticket,
    stop_and_read_the_rest,
    metrics_mean_what_they_say,
    refusals,
    filters_without_presence_change_what_they_name,
]

for check in CHECKS:
    error = None
    try:
        check()
    except Exception:
        error = traceback.format_exc()
    print(json.dumps({"check": check.__name__, "error": error}), flush=True)
