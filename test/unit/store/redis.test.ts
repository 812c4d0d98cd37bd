import { expect } from 'chai';
import { platformError } from '../../../adapters/redis/errors.ts';
import { type RedisStoreOptions, endpointOf } from '../../../adapters/redis/options.ts';
import { heads, integer } from '../../../adapters/redis/reply.ts';
import { notFound } from '../../../core/errors.ts';

const base = { cluster: false, keyPrefix: 'vpcast' };

describe('errors of Redis', () => {
  const replies: [string, string][] = [
    ["OOM command not allowed when used memory > 'maxmemory'.", 'resource_exhausted'],
    [
      'ERR Error running script (call to f_1): @user_script:3: -OOM command not allowed',
      'resource_exhausted',
    ],
    ["READONLY You can't write against a read only replica.", 'unavailable'],
    ['LOADING Redis is loading the dataset in memory', 'unavailable'],
    ['CLUSTERDOWN Hash slot not served', 'unavailable'],
    ['MISCONF Redis is configured to save RDB snapshots', 'unavailable'],
    ['WRONGPASS invalid username-password pair', 'unauthenticated'],
    ["NOPERM User x has no permissions to run the 'get' command", 'permission_denied'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'internal'],
    ['ERR value is not an integer or out of range', 'internal'],
    ['CROSSSLOT Keys in request do not hash to the same slot', 'internal'],
  ];
  for (const [message, code] of replies) {
    it(`maps ${message.slice(0, 40)}`, () => {
      const reply = Object.assign(new Error(message), { name: 'ReplyError' });
      expect(platformError(reply)).to.include({ code, cause: reply });
    });
  }

  it('takes what the client says for trouble with the connection, but not our own mistakes', () => {
    expect(platformError(new Error('Connection is closed.')).code).to.equal('unavailable');
    expect(platformError(new TypeError('x is not a function')).code).to.equal('internal');
    const own = notFound('port', 'p');
    expect(platformError(own)).to.equal(own);
  });
});

describe('options of the Redis store', () => {
  it('reads a url', () => {
    expect(endpointOf({ ...base, url: 'redis://user:p%40ss@redis.example:7000/3' })).to.deep.equal({
      nodes: [{ host: 'redis.example', port: 7000 }],
      database: 3,
      username: 'user',
      password: 'p@ss',
      tls: undefined,
    });
    expect(endpointOf({ ...base, url: 'rediss://[::1]', password: 'given' })).to.deep.equal({
      nodes: [{ host: '::1', port: 6379 }],
      database: 0,
      username: undefined,
      password: 'given',
      tls: {},
    });
  });

  const refused: [string, Partial<RedisStoreOptions>][] = [
    ['neither url nor nodes', {}],
    ['no node', { nodes: [] }],
    ['both url and nodes', { url: 'redis://a', nodes: [{ host: 'a', port: 1 }] }],
    ['another protocol', { url: 'http://:secret@a' }],
    ['no url', { url: 'secret' }],
    ['a path that is no database', { url: 'redis://:secret@a/b' }],
    ['a prefix with a hash tag', { url: 'redis://a', keyPrefix: 'x{y}' }],
    ['a database of a cluster', { url: 'redis://a/1', cluster: true }],
  ];
  for (const [name, options] of refused) {
    it(`refuses ${name}`, () => {
      let message = 'no error';
      try {
        endpointOf({ ...base, ...options });
      } catch (error) {
        message = String(error);
      }
      expect(message)
        .to.match(/^PlatformError: (url|nodes|keyPrefix): /)
        .and.not.match(/secret/);
    });
  }
});

describe('replies of Redis', () => {
  it('cuts off leading lines only', () => {
    expect(heads('1\n2\nrest\nof it', 2)).to.deep.equal(['1', '2', 'rest\nof it']);
    expect(heads('1\n', 1)).to.deep.equal(['1', '']);
    expect(() => heads('1', 1)).to.throw('Redis: expected 1 lines');
  });

  it('takes safe integers only', () => {
    expect([integer('12'), integer(3), integer(null)]).to.deep.equal([12, 3, 0]);
    expect(() => integer('1e30')).to.throw('expected an integer');
  });
});
