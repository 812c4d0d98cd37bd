import { expect } from 'chai';
import { HelpRequested, readSettings, setting, SettingsError } from '../../../adapters/process/env.ts';

const schema = {
  grpcAddress: setting.text('VPCAST_GRPC_ADDRESS', {
    default: '127.0.0.1:7400',
    description: 'Where to listen.',
  }),
  leaseMs: setting.durationMs('VPCAST_LEASE', {
    default: 30_000,
    min: 1000,
    description: 'Lease of a host.',
  }),
  partitions: setting.integer('VPCAST_PARTITIONS', {
    default: 4,
    min: 1,
    max: 64,
    description: 'Partitions.',
  }),
  verify: setting.bool('VPCAST_VERIFY', { default: false, description: 'Check twice.' }),
  zones: setting.list('VPCAST_ZONES', { default: [], description: 'Zones.' }),
  level: setting.choice('VPCAST_LEVEL', {
    choices: ['debug', 'info'],
    default: 'info',
    description: 'Level.',
  }),
  redisUrl: setting.url('VPCAST_REDIS_URL', { schemes: ['redis', 'rediss'], description: 'Redis.' }),
  token: setting.optional(setting.secret('VPCAST_TOKEN', { description: 'Token for the broker.' })),
};
const redis = { VPCAST_REDIS_URL: 'redis://127.0.0.1:6379' };

function problems(env: Record<string, string>, argv: string[] = []): readonly string[] {
  try {
    readSettings(schema, env, argv);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('fills in defaults', () => {
    expect(readSettings(schema, redis, [])).to.deep.equal({
      grpcAddress: '127.0.0.1:7400',
      leaseMs: 30_000,
      partitions: 4,
      verify: false,
      zones: [],
      level: 'info',
      redisUrl: 'redis://127.0.0.1:6379',
      token: undefined,
    });
  });

  it('has the type that the schema says', () => {
    const settings = readSettings(schema, redis, []);
    const level: 'debug' | 'info' = settings.level;
    const leaseMs: number = settings.leaseMs;
    const token: string | undefined = settings.token;
    const zones: readonly string[] = settings.zones;
    expect([level, leaseMs, token, zones.length]).to.deep.equal(['info', 30_000, undefined, 0]);
  });

  it('reads the environment, and flags over it', () => {
    const env = {
      ...redis,
      VPCAST_LEASE: '5m',
      VPCAST_ZONES: 'a, b',
      VPCAST_TOKEN: 's',
      VPCAST_PARTITIONS: '8',
    };
    const argv = ['--grpc-address', '0.0.0.0:1', '--partitions=16', '--verify', '--level', 'debug'];
    expect(readSettings(schema, env, argv)).to.include({
      grpcAddress: '0.0.0.0:1',
      partitions: 16,
      verify: true,
    });
    expect(readSettings(schema, env, argv)).to.include({ leaseMs: 300_000, level: 'debug', token: 's' });
    expect(readSettings(schema, env, ['--verify', 'false'])).to.include({ verify: false, partitions: 8 });
    expect(readSettings(schema, env, []).zones).to.deep.equal(['a', 'b']);
  });

  it('takes an empty value for none, and leaves variables alone that it does not know', () => {
    const env = { ...redis, VPCAST_PARTITIONS: '', VPCAST_SERVER_NEW: 'x' };
    expect(readSettings(schema, env, [])).to.include({ partitions: 4 });
  });

  it('understands units of time', () => {
    for (const [text, ms] of Object.entries({
      '1500': 1500,
      '1500ms': 1500,
      '90s': 90_000,
      '2h': 7_200_000,
    })) {
      expect(readSettings(schema, { ...redis, VPCAST_LEASE: text }, []).leaseMs).to.equal(ms);
    }
  });

  it('names everything that is wrong, at once', () => {
    const env = {
      VPCAST_LEASE: '10ms',
      VPCAST_PARTITIONS: '1e1',
      VPCAST_VERIFY: 'yes',
      VPCAST_ZONES: 'a,,b',
    };
    const argv = ['--level=loud', '--colour', 'red', 'stray', '--grpc-address'];
    expect(problems(env, argv)).to.deep.equal([
      '--colour is not a flag of this program',
      'an argument is not a flag',
      '--grpc-address needs a value: text',
      'VPCAST_LEASE must be a duration like 500ms, 30s, 5m or 2h, of at least 1000 ms',
      'VPCAST_PARTITIONS must be a whole number from 1 to 64',
      'VPCAST_VERIFY must be true or false',
      'VPCAST_ZONES must not have empty items',
      '--level (VPCAST_LEVEL) must be one of debug, info',
      'VPCAST_REDIS_URL is required',
    ]);
  });

  it('never repeats a secret, and takes none from the command line', () => {
    const wrong = problems({ VPCAST_REDIS_URL: 'http://:hunter2@host' }, [
      '--token',
      'hunter2',
      '--token=hunter2',
    ]);
    expect(wrong).to.have.length(3);
    expect(wrong[0]).to.equal('--token is secret: set VPCAST_TOKEN in the environment instead');
    expect(wrong.join()).not.to.include('hunter2');
  });

  it('explains itself with every variable', () => {
    let text = '';
    try {
      readSettings(schema, {}, ['--help']);
    } catch (error) {
      if (error instanceof HelpRequested) text = error.text;
    }
    for (const { variable } of Object.values(schema)) expect(text).to.include(variable);
    expect(text).to.include('--lease, VPCAST_LEASE').and.include('default 30000ms').and.include('required');
    expect(text).not.to.include('--token');
  });
});
