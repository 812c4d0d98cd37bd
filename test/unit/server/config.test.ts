import { expect } from 'chai';
import { SettingsError } from '../../../adapters/process/env.ts';
import { readServerConfig } from '../../../server/config.ts';

describe('server settings', () => {
  it('have defaults for a broker and a store on the same machine', () => {
    const config = readServerConfig({}, []);
    expect(config.pulsar.clusters).to.deep.equal([
      { name: 'main', serviceUrl: 'pulsar://127.0.0.1:6650', adminUrl: 'http://127.0.0.1:8080' },
    ]);
    expect(config.redis).to.include({ url: 'redis://127.0.0.1:6379', keyPrefix: 'vpcast:' });
    expect(config).to.include({ workPartitions: 4, statusPartitions: 4 });
    expect(config.leases).to.deep.equal({ leaseMs: 30_000, alarmShare: 0.1 });
  });

  it('read how long a lease is, and the share of hosts that raises the alarm', () => {
    const config = readServerConfig({ VPCAST_LEASE: '2m', VPCAST_LEASE_ALARM_SHARE: '0.25' }, []);
    expect(config.leases).to.deep.equal({ leaseMs: 120_000, alarmShare: 0.25 });
    for (const [text, share] of [
      ['0', 0],
      ['1', 1],
      ['.5', 0.5],
    ] as const) {
      expect(readServerConfig({}, [`--lease-alarm-share=${text}`]).leases.alarmShare).to.equal(share);
    }
    for (const text of ['1.1', '10%', '-0.1', '1e-1']) {
      expect(() => readServerConfig({}, [`--lease-alarm-share=${text}`]), text)
        .to.throw(SettingsError)
        .with.property('problems')
        .that.deep.equals(['--lease-alarm-share (VPCAST_LEASE_ALARM_SHARE) must be a number from 0 to 1']);
    }
  });

  it('read lists of clusters and nodes', () => {
    const config = readServerConfig({ VPCAST_REDIS_CLUSTER_NODES: 'a:7001, [::1]:7002' }, [
      '--pulsar-clusters',
      'a=pulsar://a:6650|http://a:8080,b=pulsar+ssl://b:6651|https://b:8443',
    ]);
    expect(config.pulsar.clusters.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(config.redis.clusterNodes).to.deep.equal([
      { host: 'a', port: 7001 },
      { host: '::1', port: 7002 },
    ]);
  });

  it('say everything that is wrong at once', () => {
    const read = () =>
      readServerConfig(
        {
          VPCAST_GRPC_ADDRESS: '7400',
          VPCAST_REDIS_CLUSTER_NODES: 'a',
          VPCAST_PULSAR_CLUSTERS: 'a=pulsar://a|http://a,a=pulsar://b|http://b',
        },
        ['--host-id=h1'],
      );
    expect(read)
      .to.throw(SettingsError)
      .with.property('problems')
      .that.deep.equals([
        '--host-id is not a flag of this program',
        'VPCAST_REDIS_CLUSTER_NODES must be items of the form host:port',
        'VPCAST_PULSAR_CLUSTERS must be items of the form name=pulsar://host:port|http://host:port, each name once',
        'VPCAST_GRPC_ADDRESS must be of the form host:port',
      ]);
  });
});
