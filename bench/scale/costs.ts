import costs from './costs.json' with { type: 'json' };

export interface Cost {
  readonly value: number;
  /** `derived`: by arithmetic from what was measured; `default`: a setting of the programs. */
  readonly how: 'measured' | 'derived' | 'published' | 'default' | 'assumed';
  readonly what: string;
  /** The command and its date, or whose word it is. */
  readonly from: string;
}

export type CostName = keyof typeof costs;
export type Costs = Readonly<Record<CostName, number>>;

export const sources = costs as Readonly<Record<CostName, Cost>>;

export function knownCosts(): Costs {
  return Object.fromEntries(Object.entries(sources).map(([name, { value }]) => [name, value])) as Costs;
}
