/** What the broker holds open, all topics together, as its metrics say. */
export async function brokerGauges(adminUrl: string): Promise<{ connections: number; consumers: number }> {
  const text = await (await fetch(`${adminUrl}/metrics/`)).text();
  return {
    connections: sumOf(text, 'pulsar_active_connections'),
    consumers: sumOf(text, 'pulsar_consumers_count'),
  };
}

/** The sum of a metric over all its labels, in the text format of Prometheus. */
export function sumOf(text: string, metric: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${metric}{`)) continue;
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
