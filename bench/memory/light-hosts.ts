import type { Header } from '../../core/codec/envelope.ts';
import type { FanOutHeader } from '../../core/codec/fan-out.ts';
import type { HostReport, ScopeReport } from '../../core/codec/report.ts';
import type { Scope } from '../../core/store/port.ts';

interface Progress {
  readonly epoch: number;
  readonly incarnation: number;
  readonly revision: number;
}

interface LightHost {
  readonly scopes: Map<Scope, Progress>;
  /** It was told from where on it reads along. */
  isReading: boolean;
}

/** Any number: a host asks once. */
const TAIL = 1;

/** Hosts of one VPC that keep nothing: they report what an agent would report that had applied all that it was sent. */
export class LightHosts {
  readonly #hosts = new Map<string, LightHost>();
  readonly #due = new Set<string>();
  #lane = 0;
  #read: Pick<FanOutHeader, 'scope' | 'to'> | undefined;

  constructor(ids: readonly string[]) {
    for (const id of ids) this.#hosts.set(id, { scopes: new Map(), isReading: false });
  }

  get joined(): number {
    return this.#count(({ scopes }) => [...scopes.keys()].some((scope) => scope.startsWith('vpc/')));
  }

  get reading(): number {
    return this.#count(({ isReading }) => isReading);
  }

  /** That what is read along has reached. */
  get revision(): number {
    return this.#read?.to ?? 0;
  }

  /** What came in on a host's own lane, or in its slot. */
  took(header: Header): void {
    const host = this.#hosts.get(header.host);
    if (host === undefined || header.kind === 'fence' || header.part < header.parts - 1) return;
    const { scope, epoch, incarnation, to: revision } = header;
    const before = host.scopes.get(scope);
    const isOlder =
      before?.epoch === epoch && before.incarnation === incarnation && before.revision > revision;
    if (!isOlder) host.scopes.set(scope, { epoch, incarnation, revision });
    if (header.kind === 'changes' && header.tail !== undefined) host.isReading = true;
    this.#due.add(header.host);
  }

  /** From now on all of them read along the lane of this revision. They ask from where on with their next heartbeat. */
  readAlong(lane: number): void {
    this.#lane = lane;
    for (const host of this.#hosts.values()) host.isReading = false;
  }

  /** What all of them read. */
  read({ scope, part, parts, to }: FanOutHeader): void {
    if (part === parts - 1) this.#read = { scope, to: Math.max(to, this.revision) };
  }

  /** Hosts that have something to say, and not only that they are there. */
  takeDue(): string[] {
    const due = [...this.#due];
    this.#due.clear();
    return due;
  }

  report(id: string, nowMs: number): HostReport {
    const { scopes = new Map<Scope, Progress>(), isReading = false } = this.#hosts.get(id) ?? {};
    const parts = [...scopes].map(([scope, progress]): ScopeReport => {
      const common = { scope, ...progress, failures: [], needsSnapshot: false };
      if (this.#lane === 0 || !scope.startsWith('vpc/')) return common;
      const reading = this.#lane;
      if (!isReading) return { ...common, reading, tail: TAIL };
      const read = this.#read?.scope === scope ? this.#read.to : 0;
      return { ...common, reading, revision: Math.max(progress.revision, read) };
    });
    return { host: id, sentAtMs: nowMs, scopes: parts, left: [] };
  }

  #count(is: (host: LightHost) => boolean): number {
    let count = 0;
    for (const host of this.#hosts.values()) if (is(host)) count++;
    return count;
  }
}
