/**
 * flowctl's two control planes behind one interface: version 1, and the legacy one of the releases up to v0.0.6. A
 * server that has both serves the legacy one as a lossy wrapper, so version 1 is tried first.
 */
import { status } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { loadProto } from '../grpc/load-proto.js';
import type { ComponentStatus } from './activity.js';
import { FlowctlConnection } from './connection.js';
import type { Registration } from './registration.js';
import type { ActivityReport } from './sampled-activity.js';

const V1 = loadProto('flowctl/v1/control_plane.proto')['flowctl.v1.ControlPlaneService'] as ServiceDefinition;
const LEGACY = loadProto('flowctl/control_plane.proto')['flowctl.ControlPlane'] as ServiceDefinition;

/** What flowctl may have under way for us at once; the predecessor's figure. */
const MAX_INFLIGHT = 1000;

const LEGACY_TYPES = {
  COMPONENT_TYPE_SOURCE: 'SERVICE_TYPE_SOURCE',
  COMPONENT_TYPE_PROCESSOR: 'SERVICE_TYPE_PROCESSOR',
  COMPONENT_TYPE_CONSUMER: 'SERVICE_TYPE_SINK',
} as const satisfies Record<Registration['component']['type'], string>;

export type ControlPlaneName = 'v1' | 'legacy';

/** A registration that a control plane has accepted. */
export interface ControlPlane {
  readonly name: ControlPlaneName;
  heartbeat(report: ActivityReport, deadlineMs: number): Promise<void>;
  /** Undefined where the control plane knows neither a status nor leaving: there a component only falls silent. */
  readonly leaving?: Leaving;
}

export interface Leaving {
  stopping(report: ActivityReport, deadlineMs: number): Promise<void>;
  unregister(deadlineMs: number): Promise<void>;
}

/** Registers by version 1, or by the legacy service where that is not there. Rejects with a ServiceError. */
export async function register(
  connection: FlowctlConnection,
  registration: Registration,
  deadlineMs: number,
): Promise<ControlPlane> {
  const { component } = registration;
  try {
    await connection.call(V1, 'RegisterComponent', { component, component_id: component.id }, deadlineMs);
    return v1ControlPlane(connection, component.id);
  } catch (error) {
    if (codeOf(error) !== status.UNIMPLEMENTED) throw error;
  }
  await connection.call(LEGACY, 'Register', legacyInfo(registration), deadlineMs);
  return legacyControlPlane(connection, component.id);
}

/** Takes `id` out of the registry of version 1, known to be there or not. */
export async function unregister(connection: FlowctlConnection, id: string, deadlineMs: number): Promise<void> {
  await connection.call(V1, 'UnregisterComponent', { service_id: id }, deadlineMs);
}

/** The components that `flowctl.v1` knows with one of `eventTypes` among their inputs or outputs. */
export async function discoverSources(
  connection: FlowctlConnection,
  eventTypes: readonly string[],
  deadlineMs: number,
): Promise<DiscoveredComponent[]> {
  const request = { type: 'COMPONENT_TYPE_SOURCE', event_types: eventTypes };
  const response = await connection.call(V1, 'DiscoverComponents', request, deadlineMs);
  return (response as { readonly components: DiscoveredComponent[] }).components;
}

export interface DiscoveredComponent {
  readonly id: string;
  readonly endpoint: string;
  readonly output_event_types: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Whether flowctl says that it does not know the component, as after a restart without memory. Its Go code returns a
 * plain error, which gRPC sends as UNKNOWN.
 */
export function isUnknownComponent(error: unknown): boolean {
  const code = codeOf(error);
  return (code === status.UNKNOWN || code === status.NOT_FOUND) && /not found/.test((error as Error).message);
}

export function isUnimplemented(error: unknown): boolean {
  return codeOf(error) === status.UNIMPLEMENTED;
}

function v1ControlPlane(connection: FlowctlConnection, id: string): ControlPlane {
  const send = async (componentStatus: ComponentStatus, report: ActivityReport, deadlineMs: number): Promise<void> => {
    const metrics = Object.fromEntries(Object.entries(report.metrics).map(([name, value]) => [name, String(value)]));
    const request = { service_id: id, status: `HEALTH_STATUS_${componentStatus}`, metrics };
    await connection.call(V1, 'Heartbeat', request, deadlineMs);
  };
  return {
    name: 'v1',
    heartbeat: (report, deadlineMs) => send(report.status, report, deadlineMs),
    leaving: {
      stopping: (report, deadlineMs) => send('STOPPING', report, deadlineMs),
      unregister: (deadlineMs) => unregister(connection, id, deadlineMs),
    },
  };
}

function legacyControlPlane(connection: FlowctlConnection, id: string): ControlPlane {
  return {
    name: 'legacy',
    async heartbeat({ metrics }, deadlineMs) {
      const now = Date.now();
      const timestamp = { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 };
      await connection.call(LEGACY, 'Heartbeat', { service_id: id, timestamp, metrics }, deadlineMs);
    },
  };
}

function legacyInfo({ component, healthEndpoint }: Registration): object {
  return {
    service_id: component.id,
    component_id: component.id,
    service_type: LEGACY_TYPES[component.type],
    input_event_types: component.input_event_types,
    output_event_types: component.output_event_types,
    health_endpoint: healthEndpoint,
    max_inflight: MAX_INFLIGHT,
    metadata: component.metadata,
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
