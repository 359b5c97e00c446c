/** What the consumer says of itself to flowctl: a sink of the batches that the processor sends. */
import { addressText } from '../../config/kinds/address.js';
import { BATCH_EVENT_TYPE, type Registration, registrationOf } from '../../flowctl/registration.js';

export interface ConsumerFacts {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** `host:port`. */
  readonly flightEndpoint: string;
  /** Masked. */
  readonly database: string;
  readonly commitRows: number;
  readonly partitions: number;
  readonly metricsPort: number;
}

/** `host` is where others reach the consumer. */
export function consumerRegistration(facts: ConsumerFacts, host: string): Registration {
  const { id, name, version } = facts;
  const address = addressText({ host, port: facts.metricsPort });
  const healthEndpoint = `http://${address}/health`;
  return registrationOf(
    {
      id,
      name,
      description: 'Stellar contract data into PostgreSQL',
      version,
      type: 'COMPONENT_TYPE_CONSUMER',
      input_event_types: [BATCH_EVENT_TYPE, 'stellar.ContractDataEntry'],
      output_event_types: [],
      endpoint: address,
    },
    healthEndpoint,
    {
      consumer_type: 'postgresql',
      service_name: name,
      flight_endpoint: facts.flightEndpoint,
      database: facts.database,
      health_endpoint: healthEndpoint,
      batch_size: String(facts.commitRows),
      partitions: String(facts.partitions),
    },
  );
}
