"""Follows the tip from a ledger on, whatever happens on the way: follow.py HOST:PORT FIRST [ROWS]

Ends after so many rows, if they are given. What has been dealt with is `complete_through`; after a break the same request
from there on brings every later row, and rows above it that came before the break are dropped, since they come again.
"""

import json
import sys
import time

import pyarrow.flight as flight

address, first = sys.argv[1], int(sys.argv[2])
wanted = int(sys.argv[3]) if len(sys.argv) > 3 else None


def batches(start):
    client = flight.connect(f"grpc://{address}")
    request = {"start_ledger": start, "end_ledger": 0, "columns": ["ledger_sequence", "contract_id", "change_type"]}
    info = client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(request)))
    for chunk in client.do_get(info.endpoints[0].ticket):
        yield chunk.data, json.loads(chunk.app_metadata.to_pybytes())


complete_through = first - 1
pending, rows = [], 0
while wanted is None or rows < wanted:
    try:
        for data, progress in batches(complete_through + 1):
            pending += data.to_pylist()
            if progress["complete_through"] <= complete_through:
                continue  # a quiet moment, or a piece of one large ledger
            complete_through = progress["complete_through"]
            # Here rows and watermark would be stored together, in one transaction.
            done = [row for row in pending if row["ledger_sequence"] <= complete_through]
            pending = pending[len(done) :]
            rows += len(done)
            print(f"{rows} rows, complete through ledger {complete_through}", flush=True)
            if wanted is not None and rows >= wanted:
                break
    except (flight.FlightUnavailableError, flight.FlightTimedOutError) as error:
        print(f"broken off, trying again: {error}", file=sys.stderr, flush=True)
        pending = []
        time.sleep(1)
