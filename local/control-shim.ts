import type { ControlClient } from '../adapters/grpc/methods.ts';
import type { ControlPort } from '../agent/ports.ts';
export function controlPort(client: ControlClient): ControlPort {
  return {
    registerHost: async ({ host, cluster }, signal) => {
      const r = await client.registerHost({ host: { ...host, labels: { ...host.labels }, serves: [...host.serves] }, cluster }, { signal });
      const lane = r.host!.lane!;
      return { lane: { ...lane, cluster: lane.cluster }, clusters: r.clusters, statusTopic: r.statusTopic, statusPartitions: r.statusPartitions };
    },
  };
}
