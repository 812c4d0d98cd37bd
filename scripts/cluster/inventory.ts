// Everything that there is in the cluster, of every resource that the API server lists.
import type { Api, KubeObject } from './api.ts';

/** A kind of object, and where the API server has it. */
export interface Resource {
  readonly group: string;
  readonly kind: string;
  /** `deployments` */
  readonly name: string;
  /** `/apis/apps/v1` */
  readonly root: string;
  readonly isNamespaced: boolean;
  readonly isListed: boolean;
}

/** By group, kind, namespace and name. */
export type Inventory = ReadonlyMap<string, KubeObject>;

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: 'Namespaced' | 'Cluster';
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Each resource once, in the version that the API server prefers. */
export async function resourcesOf(api: Api): Promise<Resource[]> {
  const found = new Map<string, Resource>();
  for (const root of ['/api', '/apis']) {
    const { items } = await api.get<Discovery>(root, aggregated);
    for (const { metadata, versions } of items) {
      const group = metadata.name ?? '';
      for (const { version, resources } of versions) {
        for (const { resource, responseKind, scope, verbs } of resources) {
          const key = `${group}/${resource}`;
          if (found.has(key)) continue;
          found.set(key, {
            group,
            kind: responseKind.kind,
            name: resource,
            root: [root, ...(group === '' ? [] : [group]), version].join('/'),
            isNamespaced: scope === 'Namespaced',
            isListed: verbs.includes('list'),
          });
        }
      }
    }
  }
  return [...found.values()];
}

export function collectionOf({ root, name, isNamespaced }: Resource, namespace: string): string {
  return isNamespaced ? `${root}/namespaces/${namespace}/${name}` : `${root}/${name}`;
}

export async function takeInventory(api: Api): Promise<Inventory> {
  const inventory = new Map<string, KubeObject>();
  for (const { root, name, group, kind, isListed } of await resourcesOf(api)) {
    if (!isListed) continue;
    const { items } = await api.get<{ items: KubeObject[] }>(`${root}/${name}`);
    for (const object of items) {
      const { namespace = '', name } = object.metadata;
      // By which API servers know of each other: they come, and are renewed, whatever anybody else does.
      if (kind === 'Lease' && namespace === 'kube-system') continue;
      inventory.set([group, kind, namespace, name].join('/'), { ...object, kind });
    }
  }
  return inventory;
}

/** What is there in `after` and was not `before`, or the other way, or is another, or was written to: one line each. */
export function differences(before: Inventory, after: Inventory): string[] {
  const found: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key)?.metadata, after.get(key)?.metadata];
    if (was === undefined) found.push(`new: ${key}`);
    else if (is === undefined) found.push(`gone: ${key}`);
    else if (was.uid !== is.uid) found.push(`replaced: ${key}`);
    else if (was.resourceVersion !== is.resourceVersion) found.push(`written to: ${key}`);
  }
  return found.sort();
}

/** What `after` has and `before` has not. */
export function added(before: Inventory, after: Inventory): KubeObject[] {
  return [...after].filter(([key]) => !before.has(key)).map(([, object]) => object);
}
