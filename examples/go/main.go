// Reads the contract data of a range of ledgers: go run . HOST:PORT FIRST LAST
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// What every message says: which ledgers it covers, and how far everything up to it is complete.
type progress struct {
	FirstLedger     uint32 `json:"first_ledger"`
	LastLedger      uint32 `json:"last_ledger"`
	CompleteThrough uint32 `json:"complete_through"`
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("HOST:PORT FIRST LAST expected")
	}
	if err := readRange(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func readRange(ctx context.Context, address, first, last string) error {
	plaintext := grpc.WithTransportCredentials(insecure.NewCredentials())
	client, err := flight.NewClientWithMiddleware(address, nil, nil, plaintext)
	if err != nil {
		return err
	}
	defer client.Close()

	request := fmt.Sprintf(`{"start_ledger": %s, "end_ledger": %s, "columns": ["contract_id", "change_type"]}`, first, last)
	info, err := client.GetFlightInfo(ctx, &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: []byte(request)})
	if err != nil {
		return err
	}

	rows, contracts := int64(0), map[string]bool{}
	var reached progress
	for _, endpoint := range info.Endpoint {
		stream, err := client.DoGet(ctx, endpoint.Ticket)
		if err != nil {
			return err
		}
		reader, err := flight.NewRecordReader(stream)
		if err != nil {
			return err
		}
		for reader.Next() {
			if err := json.Unmarshal(reader.LatestAppMetadata(), &reached); err != nil {
				return err
			}
			batch := reader.RecordBatch()
			if batch.NumRows() == 0 {
				continue
			}
			rows += batch.NumRows()
			ids := batch.Column(0).(*array.String)
			for row := range ids.Len() {
				contracts[ids.Value(row)] = true
			}
			fmt.Printf("%d to %d: %d rows\n", reached.FirstLedger, reached.LastLedger, batch.NumRows())
		}
		if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		reader.Release()
	}
	fmt.Printf("%d rows of %d contracts, complete through ledger %d\n", rows, len(contracts), reached.CompleteThrough)
	return nil
}
