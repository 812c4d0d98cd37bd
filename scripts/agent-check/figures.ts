/** Of several starts that which lost least to what else the machine did. */
export interface Figures {
  readonly version: string;
  readonly sha256: string;
  readonly archiveBytes: number;
  readonly diskBytes: number;
  readonly vpcs: number;
  readonly ports: number;
  /** From the call to the ready file; what of it it waited for a processor; what it used of the processors. */
  readonly readyMs: number;
  readonly readyWaitedMs: number;
  readonly readyCpuMs: number;
  /** Likewise, with all VPCs on disk. */
  readonly readyWithVpcsMs: number;
  readonly readyWithVpcsWaitedMs: number;
  readonly readyWithVpcsCpuMs: number;
  /** From the call to listening to the slots of all VPCs. */
  readonly listeningWithVpcsMs: number;
  /** At rest: after one VPC, after it has received all VPCs, and after it was started with them. */
  readonly rssBytes: number;
  readonly rssAfterReceivingBytes: number;
  readonly rssWithVpcsBytes: number;
}

const MB = 1e6;

/** A size above its aim fails. */
const SIZES = {
  archiveBytes: 45 * MB,
  diskBytes: 130 * MB,
  rssAfterReceivingBytes: 90 * MB,
  rssWithVpcsBytes: 90 * MB,
} as const;
/** A time fails only far above its aim, and without what others took: the machine may be busy. */
const TIMES = { readyMs: 1_000, readyWithVpcsMs: 1_000 } as const;
const WAITS = { readyMs: 'readyWaitedMs', readyWithVpcsMs: 'readyWithVpcsWaitedMs' } as const;
const TIME_MARGIN = 3;

export function failuresOf(figures: Figures): string[] {
  const sizes = entries(SIZES).filter(([name, aim]) => figures[name] > aim);
  const times = entries(TIMES).filter(
    ([name, aim]) => figures[name] - figures[WAITS[name]] > TIME_MARGIN * aim,
  );
  return [...sizes, ...times].map(([name, aim]) => `${name} is ${figures[name]}, its aim ${aim}`);
}

/** One line for each. */
export function render(figures: Figures): string {
  const aims: Readonly<Record<string, number>> = { ...SIZES, ...TIMES };
  const shown = (name: string, value: number) =>
    name.endsWith('Bytes')
      ? `${(value / MB).toFixed(1)} MB`
      : name.endsWith('Ms')
        ? `${value} ms`
        : String(value);
  return Object.entries(figures)
    .map(([name, value]: [string, string | number]) => {
      const aim = aims[name] === undefined ? '' : `   aim ${shown(name, aims[name])}`;
      return `${name.padEnd(24)}${typeof value === 'number' ? shown(name, value) : value}${aim}\n`;
    })
    .join('');
}

function entries<K extends string>(record: Readonly<Record<K, number>>): [K, number][] {
  return Object.entries(record) as [K, number][];
}
