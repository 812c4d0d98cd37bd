/** Enough of PromQL to tell what an expression is about. */

export interface Selected {
  readonly metric: string;
  /** Labels that the selector names. */
  readonly labels: readonly string[];
}

export interface Mentioned {
  readonly selected: readonly Selected[];
  /** Labels of `by`, `without`, `on` and the like. */
  readonly grouping: readonly string[];
}

const TOKEN = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[A-Za-z_:][\w:]*|\d[\w.]*|\[[^\]]*\]|\s+|./gs;
const groupings: ReadonlySet<string> = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
]);
const operators: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** Throws where brackets do not match, so that nothing is passed over by mistake. */
export function mentionedIn(expression: string): Mentioned {
  const tokens = (expression.match(TOKEN) ?? []).filter((token) => token.trim() !== '');
  const selected: Selected[] = [];
  const grouping: string[] = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1] ?? '';
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (!isName(token) || operators.has(token.toLowerCase())) continue;
    if (groupings.has(token)) {
      if (next !== '(') continue;
      const end = closing(tokens, at + 1, ')', expression);
      grouping.push(...tokens.slice(at + 2, end).filter(isName));
      at = end;
    } else if (next === '{') {
      const end = closing(tokens, at + 1, '}', expression);
      const matchers = tokens.slice(at + 2, end);
      selected.push({ metric: token, labels: matchers.filter(isName) });
      at = end;
    } else if (next !== '(' && !(groupings.has(next) && tokens[at + 2] === '(')) {
      selected.push({ metric: token, labels: [] });
    }
  }
  if (depth !== 0) throw new Error(`brackets do not match: ${expression}`);
  return { selected, grouping };
}

function isName(token: string): boolean {
  return /^[A-Za-z_:]/.test(token);
}

function closing(tokens: readonly string[], from: number, bracket: string, expression: string): number {
  const end = tokens.indexOf(bracket, from);
  if (end < 0) throw new Error(`brackets do not match: ${expression}`);
  return end;
}

/** One line of the text format: a series and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What /metrics gave, by the name that a selector names: `x_bucket`, not `x`. */
export function parseSamples(text: string): ReadonlyMap<string, readonly Sample[]> {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, inBraces = '', value] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const labels = [...inBraces.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, key = '', of = '']) => [
      key,
      of,
    ]);
    const others = samples.get(name) ?? [];
    samples.set(name, others);
    others.push({ labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) });
  }
  return samples;
}
