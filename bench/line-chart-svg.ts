export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** Dots = what was measured; lines = what was calculated. */
  readonly style: 'line' | 'dashed' | 'dots';
  /** Series of one colour belong together. */
  readonly colour: number;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Logarithmic = a power law is a straight line (default); linear ones of y begin with 0. */
  readonly scales?: 'logarithmic' | 'linear';
}

const size = { width: 760, height: 400, left: 64, right: 200, top: 34, bottom: 48 };
const colours = ['#1f6fb4', '#c4501b', '#3a8a3a', '#7a4fa3', '#777777'];

/** Both scales are of one kind. */
export function lineChartSvg({ title, x, y, series, scales = 'logarithmic' }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const scaleOf = scales === 'linear' ? linear : logarithmic;
  const across = scaleOf(
    points.map(([at]) => at),
    size.left,
    size.width - size.right,
  );
  const up = scaleOf(
    points.map(([, value]) => value),
    size.height - size.bottom,
    size.top,
  );
  const [left, right] = [size.left, size.width - size.right];
  const [bottom, top] = [size.height - size.bottom, size.top];
  const lines = [
    ...across.ticks.flatMap((tick) => [
      `<path d="M${across.at(tick)} ${bottom}V${top}" stroke="#dddddd"/>`,
      label(across.at(tick), bottom + 16, tick.toLocaleString('en-US')),
    ]),
    ...up.ticks.flatMap((tick) => [
      `<path d="M${left} ${up.at(tick)}H${right}" stroke="#dddddd"/>`,
      label(left - 6, up.at(tick) + 4, tick.toLocaleString('en-US'), { anchor: 'end' }),
    ]),
    label((left + right) / 2, size.height - 10, x),
    label(left, top - 8, y, { anchor: 'start' }),
  ];
  series.forEach((one, n) => {
    const colour = colours[one.colour % colours.length] ?? '';
    const places = one.points.map(([at, value]) => [across.at(at), up.at(value)] as const);
    lines.push(
      one.style === 'dots'
        ? places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`).join('')
        : `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"${one.style === 'dashed' ? ' stroke-dasharray="6 4"' : ''}/>`,
      label(right + 12, top + 14 + 18 * n, `${marks[one.style]} ${one.name}`, { anchor: 'start', colour }),
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${label(size.width / 2, 16, title)}
${lines.join('\n')}
</svg>
`;
}

const marks = { line: '—', dashed: '- -', dots: '●' } as const;

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Ticks are powers of ten. */
function logarithmic(values: readonly number[], from: number, to: number): Scale {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, n) => 10 ** (first + n)),
    at: (value) => place((Math.log10(value) - first) / (last - first), from, to),
  };
}

/** From 0; ticks are round numbers. */
function linear(values: readonly number[], from: number, to: number): Scale {
  const most = Math.max(...values, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = most / power < 2 ? power / 5 : most / power < 5 ? power / 2 : power;
  const steps = Math.ceil(most / step);
  return {
    ticks: Array.from({ length: steps + 1 }, (_, n) => Number((n * step).toPrecision(6))),
    at: (value) => place(value / (steps * step), from, to),
  };
}

function place(share: number, from: number, to: number): number {
  return Math.round((from + share * (to - from)) * 10) / 10;
}

interface LabelStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
}

function label(
  x: number,
  y: number,
  text: string,
  { anchor = 'middle', colour = '#333333' }: LabelStyle = {},
): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${escaped}</text>`;
}
