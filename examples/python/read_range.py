"""Reads the contract data of a range of ledgers: read_range.py HOST:PORT FIRST LAST"""

import json
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.flight as flight

address, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

client = flight.connect(f"grpc://{address}")
request = {"start_ledger": first, "end_ledger": last, "columns": ["contract_id", "change_type", "balance_i128"]}
info = client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(request)))

batches = []
for endpoint in info.endpoints:
    for chunk in client.do_get(endpoint.ticket):
        # Every message says which ledgers it covers, and how far everything up to it is complete.
        progress = json.loads(chunk.app_metadata.to_pybytes())
        if progress["rows"] > 0:
            print(f"{progress['first_ledger']} to {progress['last_ledger']}: {progress['rows']} rows")
        batches.append(chunk.data)

table = pa.Table.from_batches(batches)
contracts = pc.count_distinct(table["contract_id"]).as_py()
print(f"{table.num_rows} rows of {contracts} contracts, complete through ledger {progress['complete_through']}")
