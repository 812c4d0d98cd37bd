import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { setting } from '../process/env.ts';
import type { Setting } from '../process/env.ts';
import type { SettingOptions } from '../process/settings.ts';
import { endpointOf } from '../redis/options.ts';
import type { RedisNode } from '../redis/options.ts';

export interface ClusterConfig {
  readonly name: string;
  readonly serviceUrl: string;
  readonly adminUrl: string;
}

/** A setting made of another one. `read` gives undefined for what has not this form. */
export function formed<T, U extends object | string>(
  inner: Setting<T>,
  form: string,
  read: (value: T) => U | undefined,
): Setting<U> {
  const parse = (value: T): U => {
    const found = read(value);
    // The value is not repeated: it may hold a password.
    if (found === undefined) throw new Error(`must be ${form}`);
    return found;
  };
  return {
    ...inner,
    form,
    parse: (text) => parse(inner.parse(text)),
    fallback: () => parse(inner.fallback()),
  };
}

/** Each item by itself; undefined if there is one that has not the form. */
export function all<T>(
  items: readonly string[],
  read: (item: string) => T | undefined,
): readonly T[] | undefined {
  const found = items.map(read);
  return found.every((item) => item !== undefined) ? found : undefined;
}

/** `name=value` items. */
export function pairs(
  variable: string,
  options: SettingOptions<readonly string[]>,
): Setting<readonly (readonly [name: string, value: string])[]> {
  return formed(setting.list(variable, options), 'items of the form name=value', (items) =>
    all(items, (item) => {
      const at = item.indexOf('=');
      return at > 0 ? ([item.slice(0, at), item.slice(at + 1)] as const) : undefined;
    }),
  );
}

/** `host:port` items; a host may be `[::1]`. */
export function nodes(
  variable: string,
  options: SettingOptions<readonly string[]>,
): Setting<readonly RedisNode[]> {
  return formed(setting.list(variable, options), 'items of the form host:port', (items) =>
    all(items, readNode),
  );
}

/** Where to listen; port 0 takes a free one. */
export function listenAddress(variable: string, options: SettingOptions<string>): Setting<string> {
  return formed(setting.text(variable, options), 'of the form host:port', (text) =>
    readNode(text) === undefined ? undefined : text,
  );
}

/** Every name once. */
export function clusters(
  variable: string,
  options: SettingOptions<readonly string[]>,
): Setting<readonly ClusterConfig[]> {
  const form = 'items of the form name=pulsar://host:port|http://host:port, each name once';
  return formed(setting.list(variable, options), form, (items) => {
    const found = all(items, readCluster);
    return new Set(found?.map(({ name }) => name)).size === items.length ? found : undefined;
  });
}

export function redisUrl(variable: string, options: SettingOptions<string>): Setting<string> {
  const inner = setting.url(variable, { ...options, schemes: ['redis', 'rediss'] });
  const form = 'redis://[user:password@]host[:port][/database], or rediss:// for TLS';
  return formed({ ...inner, parse: (text) => text }, form, (url) => {
    try {
      endpointOf({ url, cluster: false, keyPrefix: '' });
      return url;
    } catch {
      return undefined;
    }
  });
}

export function readableFile(variable: string, options: SettingOptions<string>): Setting<string> {
  return formed(setting.text(variable, options), 'a file that can be read', (path) => {
    try {
      accessSync(path, constants.R_OK);
      return path;
    } catch {
      return undefined;
    }
  });
}

function readNode(item: string): RedisNode | undefined {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^\s:]+)):(\d{1,5})$/.exec(item) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) return undefined;
  return bracketed !== undefined && isIP(bracketed) !== 6 ? undefined : { host, port: Number(port) };
}

function readCluster(item: string): ClusterConfig | undefined {
  const pattern = /^([A-Za-z0-9._-]{1,64})=(pulsar(?:\+ssl)?:\/\/[^\s|]+)\|(https?:\/\/[^\s|]+)$/;
  const [, name, serviceUrl, adminUrl] = pattern.exec(item) ?? [];
  if (name === undefined || serviceUrl === undefined || adminUrl === undefined) return undefined;
  return URL.canParse(adminUrl) ? { name, serviceUrl, adminUrl } : undefined;
}
