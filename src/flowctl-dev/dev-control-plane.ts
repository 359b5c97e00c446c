/**
 * A control plane for development and tests that behaves as flowctl's releases do:
 *
 *   A   v0.0.2 to v0.0.6        flowctl.ControlPlane alone, in full
 *   B   builds of December 2025  flowctl.v1.ControlPlaneService alone
 *   C   v0.0.7 to v0.0.9        both, the first as a lossy wrapper over the second
 */
import { promisify } from 'node:util';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadProto } from '../grpc/load-proto.js';
import { systemClock } from '../ops/clock.js';
import { controlPlaneV1 } from './control-plane-v1.js';
import { fullLegacyControlPlane, legacyWrapper } from './legacy-control-plane.js';
import { Registry } from './registry.js';
import type { BeforeAnswer } from './unary.js';

export const GENERATIONS = ['A', 'B', 'C'] as const;
export type Generation = (typeof GENERATIONS)[number];

export interface DevControlPlaneOptions {
  readonly generation?: Generation;
  /** Outlives the server: one given to the next server is a restart with memory. */
  readonly registry?: Registry;
  readonly beforeAnswer?: BeforeAnswer;
  readonly credentials?: ServerCredentials;
}

const V1 = loadProto('flowctl/v1/control_plane.proto')['flowctl.v1.ControlPlaneService'] as ServiceDefinition;
const LEGACY = loadProto('flowctl/control_plane.proto')['flowctl.ControlPlane'] as ServiceDefinition;

export class DevControlPlane {
  readonly registry: Registry;
  private readonly server = new Server();
  private readonly credentials: ServerCredentials;

  constructor(options: DevControlPlaneOptions = {}) {
    const { generation = 'C', registry = new Registry({ clock: systemClock }) } = options;
    const before = options.beforeAnswer ?? (() => Promise.resolve());
    this.registry = registry;
    this.credentials = options.credentials ?? ServerCredentials.createInsecure();
    if (generation !== 'A') this.server.addService(V1, controlPlaneV1(registry, before));
    if (generation === 'A') this.server.addService(LEGACY, fullLegacyControlPlane(registry, before));
    if (generation === 'C') this.server.addService(LEGACY, legacyWrapper(registry, before));
  }

  /** Resolves to the port, which the system chooses for 0. Rejects when the address cannot be had. */
  async listen(host: string, port: number): Promise<number> {
    const address = host.includes(':') ? `[${host}]` : host;
    const bound = await promisify(this.server.bindAsync.bind(this.server))(`${address}:${port}`, this.credentials);
    this.registry.startJanitor();
    return bound;
  }

  /** Goes away at once, as a process that is killed. */
  close(): void {
    this.registry.stopJanitor();
    this.server.forceShutdown();
  }
}
