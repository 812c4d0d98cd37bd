export interface Bars {
  readonly title: string;
  /** Of all values. */
  readonly unit: string;
  /** One colour each. */
  readonly series: readonly string[];
  readonly groups: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
}

const width = 760;
const [left, right, top] = [230, 70, 34];
const bar = 16;
const gap = 14;
const colours = ['#1f6fb4', '#c4501b', '#3a8a3a', '#7a4fa3', '#777777'];

/** Lying bars from zero, a group below the other, each with its value. */
export function barChartSvg({ title, unit, series, groups }: Bars): string {
  const values = groups.flatMap((group) => group.values.flatMap((value) => value ?? []));
  const most = Math.max(...values, Number.MIN_VALUE);
  const groupHeight = series.length * bar + gap;
  const height = top + groups.length * groupHeight + 26;
  const lines: string[] = [];
  groups.forEach((group, n) => {
    const y = top + n * groupHeight;
    lines.push(label(left - 8, y + (series.length * bar) / 2 + 4, group.name, 'end'));
    group.values.forEach((value, of) => {
      if (value === undefined) return;
      const length = Math.round((10 * (width - left - right) * value) / most) / 10;
      const at = y + of * bar;
      lines.push(
        `<rect x="${left}" y="${at}" width="${length}" height="${bar - 3}" fill="${colours[of % colours.length] ?? ''}"/>`,
        label(left + length + 5, at + bar - 5, value.toLocaleString('en-US'), 'start'),
      );
    });
  });
  series.forEach((name, n) => {
    const x = left + n * 160;
    lines.push(
      `<rect x="${x}" y="${height - 20}" width="10" height="10" fill="${colours[n % colours.length] ?? ''}"/>`,
      label(x + 15, height - 11, name, 'start'),
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${label(width / 2, 18, `${title}, ${unit}`, 'middle')}
${lines.join('\n')}
</svg>
`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333333">${escaped}</text>`;
}
