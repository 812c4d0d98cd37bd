/** VPCs of about the same size. */
export interface SizeClass {
  /** Ports of each. */
  readonly ports: number;
  /** Hosts with a port of it, for each. */
  readonly hosts: number;
  /** How many there are; not a whole number, since it is an expectation. */
  readonly vpcs: number;
}

export interface SizeMix {
  readonly hosts: number;
  /** VPCs with a port on a host, on average. */
  readonly vpcsPerHost: number;
  /** P(more than n ports) is about n^-exponent: the smaller, the heavier the tail. */
  readonly exponent: number;
  readonly largest: number;
}

const CLASSES_PER_DECADE = 40;

/**
 * A Pareto distribution cut off at the largest size, in classes of equal width on a logarithmic scale. Nothing is
 * drawn: the expectation is what a region of millions of VPCs shows, and the same every time.
 */
export function sizeClasses({ hosts, vpcsPerHost, exponent, largest }: SizeMix): SizeClass[] {
  const steps = Math.ceil(Math.log10(largest) * CLASSES_PER_DECADE);
  const edge = (n: number): number => largest ** (n / steps);
  const above = (ports: number): number =>
    (ports ** -exponent - largest ** -exponent) / (1 - largest ** -exponent);
  const shares = Array.from({ length: steps }, (_, n) => {
    const ports = Math.sqrt(edge(n) * edge(n + 1));
    return { ports, hosts: hostsOf(ports, hosts), share: above(edge(n)) - above(edge(n + 1)) };
  });
  const membersPerVpc = shares.reduce((sum, { hosts: members, share }) => sum + members * share, 0);
  const vpcs = (hosts * vpcsPerHost) / membersPerVpc;
  return shares.map(({ ports, hosts: members, share }) => ({ ports, hosts: members, vpcs: vpcs * share }));
}

/** Expected number of different hosts when each port falls on any of them. */
export function hostsOf(ports: number, hosts: number): number {
  return -hosts * Math.expm1(ports * Math.log1p(-1 / hosts));
}

export function sumOver<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
