import { inOrder, percentile } from './statistics.ts';

export interface Curve {
  readonly name: string;
  readonly samples: readonly number[];
}

const size = { width: 720, height: 320, left: 48, right: 16, top: 28, bottom: 40 };
const colours = ['#777777', '#1f6fb4', '#c4501b', '#3a8a3a'];
const steps = 200;

/** Cumulative distributions of times in milliseconds, on a logarithmic scale. */
export function distributionSvg(title: string, curves: readonly Curve[]): string {
  const sorted = curves.map(({ name, samples }) => ({ name, ascending: inOrder(samples) }));
  const lowest = Math.min(...sorted.map(({ ascending }) => percentile(ascending, 0.001)));
  const highest = Math.max(...sorted.map(({ ascending }) => percentile(ascending, 1)));
  const first = Math.floor(Math.log10(Math.max(lowest, 0.1)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(highest)));
  const x = (ms: number): number => {
    const share = (Math.log10(Math.max(ms, 10 ** first)) - first) / (last - first);
    return round(size.left + share * (size.width - size.left - size.right));
  };
  const y = (share: number): number =>
    round(size.height - size.bottom - share * (size.height - size.top - size.bottom));
  const lines: string[] = [];
  for (let power = first; power <= last; power++) {
    const at = x(10 ** power);
    lines.push(
      `<path d="M${at} ${y(0)}V${y(1)}" stroke="#dddddd"/>`,
      label(at, y(0) + 16, `${10 ** power} ms`),
    );
  }
  for (const share of [0, 0.5, 0.9, 0.99]) {
    lines.push(`<path d="M${x(10 ** first)} ${y(share)}H${x(10 ** last)}" stroke="#dddddd"/>`);
    if (share < 0.99) lines.push(label(size.left - 22, y(share) + 4, `${share * 100} %`));
  }
  sorted.forEach(({ name, ascending }, i) => {
    const colour = colours[i % colours.length] ?? '';
    const points = Array.from({ length: steps }, (_, n) => (n + 1) / steps)
      .map((share) => `${x(percentile(ascending, share))},${y(share)}`)
      .join(' ');
    lines.push(
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      label(x(10 ** last) - 40, y(0) - 14 - 18 * (sorted.length - 1 - i), name, colour),
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${label(size.width / 2, 18, title)}
${lines.join('\n')}
</svg>
`;
}

function label(x: number, y: number, text: string, colour = '#333333'): string {
  return `<text x="${x}" y="${y}" text-anchor="middle" fill="${colour}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
