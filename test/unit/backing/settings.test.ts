import { expect } from 'chai';
import { storeOptions } from '../../../adapters/backing/open.ts';
import {
  clusterSettings,
  pulsarSettings,
  readPulsar,
  readRedis,
  redisSettings,
} from '../../../adapters/backing/settings.ts';
import { helpText, readSettings, SettingsError } from '../../../adapters/process/env.ts';
import { readAgentConfig } from '../../../agent/config.ts';

type Environment = Readonly<Record<string, string>>;

const readStore = (env: Environment) => storeOptions(readRedis(readSettings(redisSettings, env, [])));
const readBroker = (env: Environment) =>
  readPulsar(readSettings({ ...pulsarSettings, ...clusterSettings }, env, []));

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings of Redis', () => {
  it('are one server, with what the URL says', () => {
    const url = 'rediss://us%40er:p%40ss@redis:6380/3';
    expect(readStore({ VPCAST_REDIS_URL: url })).to.deep.equal({
      url,
      cluster: false,
      keyPrefix: 'vpcast:',
      username: 'us@er',
      password: 'p@ss',
      tls: {},
    });
  });

  it('give cluster nodes the credentials and the TLS of the URL', () => {
    const env = {
      VPCAST_REDIS_URL: 'rediss://user:pass@any',
      VPCAST_REDIS_CLUSTER_NODES: 'a:7000,[::1]:7001',
    };
    const nodes = [
      { host: 'a', port: 7000 },
      { host: '::1', port: 7001 },
    ];
    const shared = { nodes, cluster: true, keyPrefix: 'vpcast:', tls: {} };
    expect(readStore(env)).to.deep.equal({ ...shared, username: 'user', password: 'pass' });
    const own = { VPCAST_REDIS_USERNAME: 'other', VPCAST_REDIS_PASSWORD: 'secret' };
    expect(readStore({ ...env, ...own })).to.deep.equal({ ...shared, username: 'other', password: 'secret' });
  });

  it('can be Sentinels', () => {
    const env = { VPCAST_REDIS_URL: 'redis://:pass@any', VPCAST_REDIS_SENTINELS: 's1:26379,s2:26379' };
    expect(readStore({ ...env, VPCAST_REDIS_SENTINEL_MASTER: 'main' })).to.deep.equal({
      nodes: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26379 },
      ],
      cluster: false,
      sentinelMaster: 'main',
      keyPrefix: 'vpcast:',
      password: 'pass',
    });
  });

  it('are refused with all that does not go together', () => {
    const env = {
      VPCAST_REDIS_URL: 'rediss://:hush@redis/1',
      VPCAST_REDIS_SENTINELS: 's:1',
      VPCAST_REDIS_CLUSTER_NODES: 'n:1',
    };
    const problems = problemsOf(() => readStore(env));
    expect(problems).to.have.length(3);
    expect(problems.join()).to.not.contain('hush');
  });

  it('are refused with all that is malformed, and no value is repeated', () => {
    const env = {
      VPCAST_REDIS_URL: 'redis://user:hush@redis:port',
      VPCAST_REDIS_CLUSTER_NODES: 'hush',
      VPCAST_REDIS_SENTINELS: 'a:1,b:70000',
      VPCAST_KEY_PREFIX: '{hush}',
    };
    expect(problemsOf(() => readStore(env))).to.deep.equal([
      'VPCAST_REDIS_URL must be redis://[user:password@]host[:port][/database], or rediss:// for TLS',
      'VPCAST_REDIS_CLUSTER_NODES must be items of the form host:port',
      'VPCAST_REDIS_SENTINELS must be items of the form host:port',
      'VPCAST_KEY_PREFIX must be text without braces',
    ]);
  });

  it('take no secret as a flag and show none', () => {
    const read = () => readSettings(redisSettings, {}, ['--redis-password=hush']);
    expect(problemsOf(read).join()).to.contain('VPCAST_REDIS_PASSWORD').and.not.contain('hush');
    expect(helpText(redisSettings)).to.contain('environment only');
  });
});

describe('settings of Pulsar', () => {
  it('are clusters by name, a token and certificates', () => {
    const env = {
      VPCAST_PULSAR_CLUSTERS: 'a=pulsar+ssl://a:6651|https://a:8443, b=pulsar://b:6650|http://b:8080',
      VPCAST_PULSAR_TOKEN: 'hush',
      VPCAST_PULSAR_CA_FILE: import.meta.filename,
    };
    const { clusters, token, caFile } = readBroker(env);
    expect(clusters).to.deep.equal([
      { name: 'a', serviceUrl: 'pulsar+ssl://a:6651', adminUrl: 'https://a:8443' },
      { name: 'b', serviceUrl: 'pulsar://b:6650', adminUrl: 'http://b:8080' },
    ]);
    expect([token, caFile]).to.deep.equal(['hush', import.meta.filename]);
  });

  it('are refused with all that is wrong', () => {
    const env = { VPCAST_PULSAR_CLUSTERS: 'a=http://a|pulsar://a', VPCAST_PULSAR_CA_FILE: '/no/such/file' };
    expect(problemsOf(() => readBroker(env))).to.deep.equal([
      'VPCAST_PULSAR_CA_FILE must be a file that can be read',
      'VPCAST_PULSAR_CLUSTERS must be items of the form name=pulsar://host:port|http://host:port, each name once',
    ]);
  });
});

describe('settings of the agent', () => {
  it('are read with labels and URLs by name', () => {
    const env = {
      VPCAST_HOST_ID: 'h1',
      VPCAST_VTEP_IP: '192.0.2.1',
      VPCAST_LABELS: 'rack=a, role=x=y',
      VPCAST_CLUSTER_URLS: 'main=pulsar://10.0.0.1:6650',
    };
    const config = readAgentConfig(env, []);
    expect(config.labels).to.deep.equal({ rack: 'a', role: 'x=y' });
    expect(config.clusterUrls).to.deep.equal(new Map([['main', 'pulsar://10.0.0.1:6650']]));
    expect(config.controlAddresses).to.deep.equal(['127.0.0.1:7400']);
    expect(config.healthAddress).to.equal('127.0.0.1:7421');
  });

  it('are refused with all that is wrong', () => {
    const read = () => readAgentConfig({ VPCAST_LABELS: 'rack' }, ['--redis-url=redis://a']);
    expect(problemsOf(read)).to.deep.equal([
      '--redis-url is not a flag of this program',
      'VPCAST_HOST_ID is required',
      'VPCAST_VTEP_IP is required',
      'VPCAST_LABELS must be items of the form name=value',
    ]);
  });
});
