// Values that nobody should get far with, and the keys that the refusal must name.
export interface Refusal {
  readonly what: string;
  readonly values: object;
  readonly names: readonly string[];
}

/** Keys of rendered manifests, of several kinds: with an s too many they must not pass a validation. */
export const keysToMisspell = [
  'hostNetwork',
  'minReadySeconds',
  'interval',
  'unhealthyPodEvictionPolicy',
] as const;

export const refusals: readonly Refusal[] = [
  {
    what: 'a number that is a text',
    values: { server: { replicas: 'two' } },
    names: ['/server/replicas', 'integer'],
  },
  {
    what: 'a setting that is a text',
    values: { infraNode: { config: { chunkHosts: 'many' } } },
    names: ['/infraNode/config/chunkHosts'],
  },
  {
    what: 'a setting out of its range',
    values: { server: { config: { maxPartitions: 0 } } },
    names: ['/server/config/maxPartitions', 'minimum'],
  },
  {
    what: 'a duration without a form',
    values: { platform: { lease: 'soon' } },
    names: ['/platform/lease'],
  },
  { what: 'a misspelt section', values: { pulsr: {} }, names: ['pulsr'] },
  {
    what: 'a misspelt setting',
    values: { server: { config: { hostPerPartition: 1 } } },
    names: ['/server/config', 'hostPerPartition'],
  },
  {
    what: 'a misspelt key of a secret',
    values: { pulsar: { tokenSecret: { nam: 'token', key: 'TOKEN' } } },
    names: ['/pulsar/tokenSecret', 'nam'],
  },
  {
    what: 'a secret without its name',
    values: { pulsar: { tokenSecret: { key: 'TOKEN' } } },
    names: ['/pulsar/tokenSecret', 'name'],
  },
  {
    what: 'a secret without its key',
    values: { pulsar: { caSecret: { name: 'ca' } } },
    names: ['/pulsar/caSecret', 'key'],
  },
  {
    what: 'a user of Redis without the secret',
    values: { redis: { username: 'vpcast' } },
    names: ['/redis/passwordSecret', 'name'],
  },
  {
    what: 'a cluster without an admin URL',
    values: { pulsar: { clusters: [{ name: 'main', serviceUrl: 'pulsar://pulsar:6650' }] } },
    names: ['/pulsar/clusters/0', 'adminUrl'],
  },
  { what: 'no cluster', values: { pulsar: { clusters: [] } }, names: ['/pulsar/clusters'] },
  {
    what: 'a Redis Cluster without nodes',
    values: { redis: { mode: 'cluster' } },
    names: ['/redis/nodes'],
  },
  {
    what: 'Sentinels with TLS, which the programs refuse',
    values: { redis: { mode: 'sentinel', nodes: ['sentinel:26379'], tls: { enabled: true } } },
    names: ['/redis/tls/enabled'],
  },
  {
    what: "certificates of callers without the service's own",
    values: { server: { tls: { clientSecret: 'callers' } } },
    names: ['/server/tls/clientSecret'],
  },
];
