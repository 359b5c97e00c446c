/** `flowctl.v1.ProcessorService`: what `flowctl run` wires this service by, between a source and sinks. */
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Metadata,
  type Server,
  type ServerOptions,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { asProcessorError } from '../../workers/errors.js';
import { loadProto } from '../grpc/load-proto.js';
import type { ComponentHealth, Health } from '../ops/health.js';
import type { Logger } from '../ops/logger.js';
import type { StreamMemory } from '../stream/memory-shares.js';
import type { Activity } from './activity.js';
import type { PipelineEvent } from './ledger-event.js';
import { pacedReads } from './paced-reads.js';
import { EventTooLarge, MAX_EVENT_BYTES, type ProcessParts, processStream } from './process-stream.js';
import type { ComponentInfo } from './registration.js';

export const PROCESSOR_PROTO = 'flowctl/v1/processor.proto';
export const PROCESSOR_SERVICE_NAME = 'flowctl.v1.ProcessorService';

const definition = loadProto(PROCESSOR_PROTO)[PROCESSOR_SERVICE_NAME] as ServiceDefinition;

/** The one method of the control port whose messages are as large as ledgers. */
export const PROCESS_PATH = definition.Process!.path;

/** What a server needs to carry the service. */
export const PROCESSOR_SERVER_OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': MAX_EVENT_BYTES,
  'grpc.max_send_message_length': MAX_EVENT_BYTES,
  interceptors: [pacedReads(PROCESS_PATH)],
};

export interface ProcessorServiceParts extends Omit<ProcessParts, 'memory'> {
  /** Throws MEMORY_EXHAUSTED where another stream cannot be had. */
  readonly openMemory: () => StreamMemory;
  readonly info: () => Promise<ComponentInfo>;
  readonly health: Health;
  readonly activity: Activity;
  readonly logger: Logger;
}

interface HealthCheckRequest {
  readonly include_details: boolean;
}

const HEALTH_STATUS = {
  ready: 'HEALTH_STATUS_HEALTHY',
  starting: 'HEALTH_STATUS_STARTING',
  degraded: 'HEALTH_STATUS_DEGRADED',
  unavailable: 'HEALTH_STATUS_UNHEALTHY',
  dead: 'HEALTH_STATUS_UNHEALTHY',
} as const satisfies Record<ComponentHealth['state'], string>;

export function addProcessorService(server: Server, parts: ProcessorServiceParts): void {
  const getInfo: handleUnaryCall<object, ComponentInfo> = (_call, callback) => {
    parts.info().then(
      (info) => callback(null, info),
      (error: unknown) => callback(statusOf(error)),
    );
  };
  const healthCheck: handleUnaryCall<HealthCheckRequest, object> = (call, callback) => {
    healthOf(parts, call.request.include_details).then(
      (response) => callback(null, response),
      (error: unknown) => callback(statusOf(error)),
    );
  };
  server.addService(definition, { GetInfo: getInfo, HealthCheck: healthCheck, Process: processMethod(parts) });
}

function processMethod(parts: ProcessorServiceParts): handleBidiStreamingCall<PipelineEvent, PipelineEvent> {
  return (call) => {
    const cancelled = new AbortController();
    call.on('cancelled', () => cancelled.abort());
    // The caller learns at once that it was heard: the first ledger may be long in coming.
    call.sendMetadata(new Metadata());
    const peer = call.getPeer();
    parts.logger.info({ peer }, 'a pipeline has connected');
    Promise.resolve()
      .then(() => processStream(call, { ...parts, memory: parts.openMemory() }, cancelled.signal))
      .then(
        () => {
          parts.logger.info({ peer }, 'a pipeline has ended');
          call.end();
        },
        (error: unknown) => {
          if (cancelled.signal.aborted) {
            parts.logger.info({ peer }, 'a pipeline has left');
            return;
          }
          const { code, details } = statusOf(error);
          // The runner drops the pipeline without a word, so that this line may be the only one.
          parts.logger.error({ peer, code, err: error }, `a pipeline has failed: ${details}`);
          call.emit('error', { code, details });
        },
      );
  };
}

async function healthOf({ health, activity }: ProcessorServiceParts, withDetails: boolean): Promise<object> {
  const { status: serviceStatus, reasons, components } = health.report();
  const { status: judged, metrics } = await activity.report();
  const isDegraded = serviceStatus === 'degraded' && judged === 'HEALTHY';
  const overall = serviceStatus === 'unhealthy' ? 'UNHEALTHY' : isDegraded ? 'DEGRADED' : judged;
  return {
    status: `HEALTH_STATUS_${overall}`,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)])),
    components: withDetails ? Object.entries(components).map(componentHealth) : [],
    message: reasons.join('; '),
  };
}

function componentHealth([name, component]: [string, ComponentHealth]): object {
  const message = component.state === 'ready' ? '' : component.reason;
  return { component_name: name, status: HEALTH_STATUS[component.state], message };
}

function statusOf(error: unknown): { code: number; details: string } {
  if (error instanceof EventTooLarge) return { code: status.RESOURCE_EXHAUSTED, details: error.message };
  const { code, facts, message } = asProcessorError(error);
  return { code: facts.grpcStatus, details: `${code}: ${message}` };
}
