/** The demo's control plane: a small flowctl in this process, for the service and the consumer to register with. */
import { componentList } from '../flowctl-dev/component-list.js';
import { DevControlPlane } from '../flowctl-dev/dev-control-plane.js';

export interface DevFlowctl {
  /** `host:port`. */
  readonly address: string;
  /** Lines of a table of what is registered. */
  components(): string[];
  /** Heartbeats received so far, from all of them. */
  heartbeats(): number;
  close(): void;
}

export async function startDevFlowctl(): Promise<DevFlowctl> {
  const controlPlane = new DevControlPlane();
  const port = await controlPlane.listen('127.0.0.1', 0);
  const { registry } = controlPlane;
  return {
    address: `127.0.0.1:${port}`,
    components: () => componentList(registry.all, Date.now()).trimEnd().split('\n'),
    heartbeats: () => registry.all.reduce((sum, { heartbeats }) => sum + heartbeats, 0),
    close: () => controlPlane.close(),
  };
}
