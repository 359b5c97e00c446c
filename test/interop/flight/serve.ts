/** The test producers as a process of its own, for clients in other languages: prints one line of JSON, its ports. */
import { messagesOf, SAMPLE_ROWS, SAMPLE_SCHEMA, sampleBatch, sampleMessages } from '../../flight/arrow-messages.js';
import { serveFlight } from '../../flight/flight-server.js';
import { basicProtoAuth, CallerProducer, echoMiddleware, ScenarioProducer } from '../../flight/scenario-producer.js';
import { flightOf, type TestFlight, TestProducer } from '../../flight/test-producer.js';

const { schema, batches } = sampleMessages();
const state = { endlessReaders: 0, endlessReturned: 0 };

const endless: TestFlight = {
  schema,
  async *batches(call) {
    state.endlessReaders += 1;
    try {
      for (;;) {
        if (call.signal.aborted) return;
        yield messagesOf(SAMPLE_SCHEMA, [sampleBatch(SAMPLE_ROWS)]).batches[0]!;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      state.endlessReturned += 1;
    }
  },
};

const broken: TestFlight = {
  schema,
  async *batches() {
    yield* await Promise.resolve(batches);
    throw new Error('žluť: the source broke; resume_from=7');
  },
};

/** Tells the clients what became of the endless readers. */
class WatchedProducer extends TestProducer {
  override readonly actions = [{ type: 'state', description: 'Readers of the endless flight: begun and returned' }];

  override async *doAction(): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(Buffer.from(JSON.stringify(state)));
  }
}

const withMetadata = batches.map((batch, n) => ({ ...batch, appMetadata: Buffer.from(JSON.stringify({ batch: n })) }));
const samples = new WatchedProducer({
  sample: flightOf(schema, withMetadata),
  plain: flightOf(schema, batches),
  empty: flightOf(schema, []),
  endless,
  broken,
});
const [flights, scenarios, auth] = await Promise.all([
  serveFlight(samples),
  serveFlight(new ScenarioProducer(), { interceptors: [echoMiddleware] }),
  serveFlight(new CallerProducer(), { auth: basicProtoAuth }),
]);
const rows = SAMPLE_ROWS.map((row) => ({
  ...row,
  balance: row.balance?.toString() ?? null,
  closed_at: row.closed_at.toString(),
}));
console.log(JSON.stringify({ flights: flights.port, scenarios: scenarios.port, auth: auth.port, rows }));
