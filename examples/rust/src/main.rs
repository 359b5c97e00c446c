//! Reads the contract data of a range of ledgers: cargo run -- HOST:PORT FIRST LAST
use std::collections::HashSet;
use std::error::Error;

use arrow_flight::decode::DecodedPayload;
use arrow_flight::{FlightClient, FlightDescriptor};
use arrow_array::cast::AsArray;
use futures::TryStreamExt;
use serde::Deserialize;
use tonic::transport::Channel;

/// What every message says: which ledgers it covers, and how far everything up to it is complete.
#[derive(Default, Deserialize)]
struct Progress {
    first_ledger: u32,
    last_ledger: u32,
    complete_through: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, first, last] = arguments.as_slice() else {
        return Err("HOST:PORT FIRST LAST expected".into());
    };

    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    let mut client = FlightClient::new(channel);
    let request = format!(
        r#"{{"start_ledger": {first}, "end_ledger": {last}, "columns": ["contract_id", "change_type"]}}"#
    );
    let info = client.get_flight_info(FlightDescriptor::new_cmd(request)).await?;

    let (mut rows, mut contracts, mut reached) = (0, HashSet::new(), Progress::default());
    for endpoint in info.endpoint {
        let ticket = endpoint.ticket.ok_or("an endpoint without a ticket")?;
        let mut messages = client.do_get(ticket).await?.into_inner();
        while let Some(message) = messages.try_next().await? {
            let DecodedPayload::RecordBatch(batch) = &message.payload else {
                continue;
            };
            reached = serde_json::from_slice(&message.app_metadata())?;
            if batch.num_rows() == 0 {
                continue;
            }
            rows += batch.num_rows();
            let ids = batch.column(0).as_string::<i32>();
            contracts.extend(ids.iter().flatten().map(str::to_owned));
            println!("{} to {}: {} rows", reached.first_ledger, reached.last_ledger, batch.num_rows());
        }
    }
    println!(
        "{rows} rows of {} contracts, complete through ledger {}",
        contracts.len(),
        reached.complete_through
    );
    Ok(())
}
