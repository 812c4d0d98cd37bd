export interface BrokerGauges {
  readonly connections: number;
  readonly consumers: number;
}

/** What the broker holds open, as its metrics say; the consumers of one tenant, or of all. */
export async function brokerGauges(adminUrl: string, tenant?: string): Promise<BrokerGauges> {
  const text = await (await fetch(`${adminUrl}/metrics/`)).text();
  const label = tenant === undefined ? '' : `namespace="${tenant}/`;
  return {
    connections: sumOf(text, 'pulsar_active_connections'),
    consumers: sumOf(text, 'pulsar_consumers_count', label),
  };
}

/** The sum of a metric over all its series, or those whose labels contain the text, in the text format of Prometheus. */
export function sumOf(text: string, metric: string, label = ''): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${metric}{`) || !line.includes(label)) continue;
    const value = Number(
      line
        .slice(line.lastIndexOf('}') + 1)
        .trim()
        .split(' ')[0],
    );
    if (Number.isFinite(value)) sum += value;
  }
  return sum;
}
