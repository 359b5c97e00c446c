/**
 * `flowctl.ControlPlane` in its two forms: the full one of the first releases (generation A), and the wrapper over
 * version 1 of the newest (C), which loses much of what it is told.
 */
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { heartbeatV1, registerV1, timestamp } from './control-plane-v1.js';
import type { RegisteredComponent, RegisteredInfo, Registry } from './registry.js';
import { type BeforeAnswer, Refusal, unary, unknownService } from './unary.js';

interface ServiceInfo {
  readonly service_id: string;
  readonly service_type: string;
  readonly input_event_types: readonly string[];
  readonly output_event_types: readonly string[];
  readonly health_endpoint: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly component_id: string;
}

interface ServiceHeartbeat {
  readonly service_id: string;
  readonly timestamp: { readonly seconds: string; readonly nanos: number } | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Generation A. */
export function fullLegacyControlPlane(registry: Registry, before: BeforeAnswer): UntypedServiceImplementation {
  return {
    Register: unary('Register', before, (info: ServiceInfo) => {
      const id = info.service_id === '' ? `${info.service_type}-${Date.now()}` : info.service_id;
      registry.register(id, componentOf(info));
      return {
        service_id: id,
        topic_names: info.output_event_types.map((type) => `${type}.v1`),
        connection_info: { control_plane_endpoint: 'localhost:8080' },
      };
    }),
    // Metrics are replaced, and each heartbeat makes healthy.
    Heartbeat: unary('Heartbeat', before, (request: ServiceHeartbeat) => {
      const isKnown = registry.heartbeat(request.service_id, (component) => {
        component.metrics = Object.fromEntries(
          Object.entries(request.metrics).map(([name, value]) => [name, String(value)]),
        );
        component.status = 'HEALTH_STATUS_HEALTHY';
        component.lastHeartbeat = dateOf(request.timestamp);
      });
      if (!isKnown) throw unknownService(request.service_id);
      return {};
    }),
    GetServiceStatus: unary('GetServiceStatus', before, ({ service_id: id }: ServiceInfo) => {
      const component = registry.find(id);
      if (component === undefined) throw unknownService(id);
      return serviceStatus(component);
    }),
    ListServices: unary('ListServices', before, () => ({ services: registry.all.map(serviceStatus) })),
  };
}

/** Generation C. */
export function legacyWrapper(registry: Registry, before: BeforeAnswer): UntypedServiceImplementation {
  return {
    Register: unary('Register', before, (info: ServiceInfo) => {
      const component = componentOf(info);
      registerV1(registry, { component, component_id: component.id });
      return { service_id: component.id };
    }),
    // Neither metrics nor timestamp nor a status get through: what the janitor has marked stays so.
    Heartbeat: unary('Heartbeat', before, ({ service_id: id }: ServiceHeartbeat) =>
      heartbeatV1(registry, { service_id: id, status: 'HEALTH_STATUS_UNKNOWN', metrics: {} }),
    ),
    GetServiceStatus: unary('GetServiceStatus', before, () => {
      throw new Refusal(status.UNIMPLEMENTED, 'method GetServiceStatus not implemented');
    }),
    ListServices: unary('ListServices', before, () => ({
      services: registry.all.map(({ id }) => ({ service_id: id })),
    })),
  };
}

function componentOf(info: ServiceInfo): RegisteredInfo {
  return {
    id: info.service_id,
    name: info.metadata.name ?? info.service_id,
    description: info.metadata.description ?? '',
    version: info.metadata.version ?? '',
    type: info.service_type.replace('SERVICE_TYPE', 'COMPONENT_TYPE').replace('SINK', 'CONSUMER'),
    input_event_types: info.input_event_types,
    output_event_types: info.output_event_types,
    endpoint: info.health_endpoint,
    metadata: info.metadata,
  };
}

function serviceStatus({ id, info, status: health, lastHeartbeat, metrics }: RegisteredComponent): object {
  return {
    service_id: id,
    service_type: info.type.replace('COMPONENT_TYPE', 'SERVICE_TYPE').replace('CONSUMER', 'SINK'),
    is_healthy: health === 'HEALTH_STATUS_HEALTHY',
    last_heartbeat: timestamp(lastHeartbeat),
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)])),
    component_id: id,
  };
}

function dateOf(at: ServiceHeartbeat['timestamp']): Date {
  return at === null ? new Date(0) : new Date(Number(at.seconds) * 1000 + at.nanos / 1_000_000);
}
