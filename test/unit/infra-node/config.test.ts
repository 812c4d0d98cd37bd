import { expect } from 'chai';
import { SettingsError } from '../../../adapters/process/env.ts';
import { readInfraConfig } from '../../../infra-node/config.ts';
import { defaultOptions } from '../../../infra-node/deps.ts';

describe('settings of the infrastructure node', () => {
  it('have defaults for one machine', () => {
    const config = readInfraConfig({}, []);
    expect(config.pulsar.clusters).to.deep.equal([
      { name: 'main', serviceUrl: 'pulsar://127.0.0.1:6650', adminUrl: 'http://127.0.0.1:8080' },
    ]);
    expect(defaultOptions).to.deep.include(config.options);
  });

  it('are read from the environment and from flags', () => {
    const config = readInfraConfig(
      { VPCAST_PULSAR_CLUSTERS: 'a=pulsar://a:1|http://a:2,b=pulsar+ssl://b:1|https://b:2' },
      ['--redis-cluster-nodes=r1:7000,[::1]:7001', '--sweep-interval=5s'],
    );
    expect(config.pulsar.clusters.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(config.redis.clusterNodes).to.deep.equal([
      { host: 'r1', port: 7000 },
      { host: '::1', port: 7001 },
    ]);
    expect(config.options.sweepIntervalMs).to.equal(5_000);
  });

  it('are refused with all that is wrong', () => {
    const read = (): unknown =>
      readInfraConfig({ VPCAST_PULSAR_CLUSTERS: 'x', VPCAST_REDIS_CLUSTER_NODES: 'y' }, [
        '--grpc-address=a:1',
      ]);
    expect(read).to.throw(SettingsError, /--grpc-address.*REDIS_CLUSTER_NODES.*PULSAR_CLUSTERS/);
  });
});
