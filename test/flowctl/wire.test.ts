import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** flowctl's messages: field number, name and type of each field; m<T> is map<string, T>, […] is repeated. */
const MESSAGES: Readonly<Record<string, string>> = {
  'flowctl.ServiceInfo':
    '1 service_id string, 2 service_type ServiceType, 3 input_event_types [string], 4 output_event_types [string], ' +
    '5 health_endpoint string, 6 max_inflight int32, 7 metadata m<string>, 8 component_id string',
  'flowctl.RegistrationAck': '1 service_id string, 2 topic_names [string], 3 connection_info m<string>',
  'flowctl.ServiceHeartbeat': '1 service_id string, 2 timestamp google.protobuf.Timestamp, 3 metrics m<double>',
  'flowctl.ServiceStatus':
    '1 service_id string, 2 service_type ServiceType, 3 is_healthy bool, 4 last_heartbeat google.protobuf.Timestamp, ' +
    '5 metrics m<double>, 6 component_id string',
  'flowctl.ServiceList': '1 services [ServiceStatus]',
  'flowctl.v1.RegisterRequest': '1 component ComponentInfo, 2 component_id string',
  'flowctl.v1.RegisterResponse': '1 service_id string, 2 assigned_topics [string], 3 connection_info m<string>',
  'flowctl.v1.UnregisterRequest': '1 service_id string',
  'flowctl.v1.HeartbeatRequest': '1 service_id string, 2 status HealthStatus, 3 metrics m<string>',
  'flowctl.v1.ComponentStatusRequest': '1 service_id string',
  'flowctl.v1.ComponentStatusResponse':
    '1 component ComponentInfo, 2 status HealthStatus, 3 last_heartbeat google.protobuf.Timestamp, ' +
    '4 metrics m<string>, 5 registered_at google.protobuf.Timestamp',
  'flowctl.v1.ListComponentsRequest': '1 type_filter ComponentType, 2 include_unhealthy bool',
  'flowctl.v1.ListComponentsResponse': '1 components [ComponentStatusResponse]',
  'flowctl.v1.DiscoveryRequest': '1 type ComponentType, 2 event_types [string], 3 metadata_filters m<string>',
  'flowctl.v1.DiscoveryResponse': '1 components [ComponentInfo]',
  'flowctl.v1.ComponentInfo':
    '1 id string, 2 name string, 3 description string, 4 version string, 5 type ComponentType, ' +
    '6 input_event_types [string], 7 output_event_types [string], 8 endpoint string, 9 metadata m<string>',
  'flowctl.v1.HealthCheckRequest': '1 include_details bool',
  'flowctl.v1.HealthCheckResponse':
    '1 status HealthStatus, 2 metrics m<string>, 3 components [ComponentHealth], 4 message string',
  'flowctl.v1.ComponentHealth': '1 component_name string, 2 status HealthStatus, 3 message string',
  'flowctl.v1.Event':
    '1 id string, 2 type string, 3 payload bytes, 4 metadata m<string>, 5 timestamp google.protobuf.Timestamp, ' +
    '6 source_component_id string, 7 content_type string, 8 stellar_cursor StellarCursor',
  'flowctl.v1.StellarCursor': '1 ledger_sequence uint64, 2 index_in_ledger uint32',
};

const ENUMS: Readonly<Record<string, string>> = {
  'flowctl.ServiceType':
    'SERVICE_TYPE_UNSPECIFIED SERVICE_TYPE_SOURCE SERVICE_TYPE_PROCESSOR SERVICE_TYPE_SINK SERVICE_TYPE_PIPELINE',
  'flowctl.v1.ComponentType':
    'COMPONENT_TYPE_UNSPECIFIED COMPONENT_TYPE_SOURCE COMPONENT_TYPE_PROCESSOR COMPONENT_TYPE_CONSUMER',
  'flowctl.v1.HealthStatus':
    'HEALTH_STATUS_UNKNOWN HEALTH_STATUS_STARTING HEALTH_STATUS_HEALTHY HEALTH_STATUS_DEGRADED ' +
    'HEALTH_STATUS_UNHEALTHY HEALTH_STATUS_STOPPING',
};

const SERVICES: Readonly<Record<string, string>> = {
  'flowctl.ControlPlane':
    'Register(ServiceInfo) RegistrationAck, Heartbeat(ServiceHeartbeat) google.protobuf.Empty, ' +
    'GetServiceStatus(ServiceInfo) ServiceStatus, ListServices(google.protobuf.Empty) ServiceList',
  'flowctl.v1.ControlPlaneService':
    'RegisterComponent(RegisterRequest) RegisterResponse, UnregisterComponent(UnregisterRequest) google.protobuf.Empty, ' +
    'Heartbeat(HeartbeatRequest) google.protobuf.Empty, ' +
    'GetComponentStatus(ComponentStatusRequest) ComponentStatusResponse, ' +
    'ListComponents(ListComponentsRequest) ListComponentsResponse, ' +
    'DiscoverComponents(DiscoveryRequest) DiscoveryResponse',
  'flowctl.v1.ProcessorService':
    'GetInfo(google.protobuf.Empty) ComponentInfo, HealthCheck(HealthCheckRequest) HealthCheckResponse, ' +
    'Process(stream Event) stream Event',
};

const root = new protobuf.Root();
const proto = fileURLToPath(new URL('../../../proto/', import.meta.url));
root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : `${proto}${target}`);
root.loadSync(['flowctl/control_plane.proto', 'flowctl/v1/control_plane.proto', 'flowctl/v1/processor.proto'], {
  keepCase: true,
});

for (const [name, fields] of Object.entries(MESSAGES)) {
  test(`${name} has flowctl's fields`, () => {
    const found = root.lookupType(name).fieldsArray.map((field) => {
      const type =
        field instanceof protobuf.MapField ? `m<${field.type}>` : field.repeated ? `[${field.type}]` : field.type;
      return `${field.id} ${field.name} ${type}`;
    });
    assert.equal(found.join(', '), fields);
  });
}

test('enums and services are those of flowctl', () => {
  for (const [name, values] of Object.entries(ENUMS)) {
    assert.deepEqual(
      { ...root.lookupEnum(name).values },
      Object.fromEntries(values.split(' ').map((value, i) => [value, i])),
    );
  }
  for (const [name, methods] of Object.entries(SERVICES)) {
    const found = root.lookupService(name).methodsArray.map((method) => {
      const [from, to] = [method.requestStream ? 'stream ' : '', method.responseStream ? 'stream ' : ''];
      return `${method.name}(${from}${method.requestType}) ${to}${method.responseType}`;
    });
    assert.equal(found.join(', '), methods);
  }
});
