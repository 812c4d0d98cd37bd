/** One setting of a program: an environment variable and the flag made of its name. */
export interface Setting<T> {
  readonly variable: string;
  /** Read from the environment only, never shown. */
  readonly secret: boolean;
  readonly required: boolean;
  readonly description: string;
  /** What a value looks like: `a number from 1 to 65535`. */
  readonly form: string;
  /** The default as it would be written; undefined where there is none. */
  readonly defaultText: string | undefined;
  readonly fallback: () => T;
  /** Throws an Error whose message continues "VARIABLE ..."; it never repeats the value. */
  readonly parse: (text: string) => T;
}

export interface SettingOptions<T> {
  readonly description: string;
  /** Without one the setting is required; see `setting.optional`. */
  readonly default?: T;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

interface Kind<T> {
  readonly form: string;
  readonly parse: (text: string) => T;
  readonly write?: (value: T) => string;
  readonly secret?: boolean;
}

function define<T>(variable: string, options: SettingOptions<T>, kind: Kind<T>): Setting<T> {
  const { description, default: value } = options;
  const { form, parse, write = String, secret = false } = kind;
  const fallback = () => {
    if (value === undefined) throw new Error('is required');
    return value;
  };
  const defaultText = value === undefined ? undefined : write(value);
  return { variable, description, form, parse, secret, required: value === undefined, defaultText, fallback };
}

function within(value: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds, form: string): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) throw new Error(`must be ${form}`);
  return value;
}

function range({ min = 0, max }: Bounds): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const setting = {
  text(variable: string, options: SettingOptions<string>): Setting<string> {
    return define(variable, options, { form: 'text', parse: (text) => text });
  },

  /** Read from the environment only, and never shown. */
  secret(variable: string, options: SettingOptions<string>): Setting<string> {
    return define(variable, options, {
      form: 'text',
      parse: (text) => text,
      write: () => '(hidden)',
      secret: true,
    });
  },

  integer(variable: string, options: SettingOptions<number> & Bounds): Setting<number> {
    const form = `a whole number ${range(options)}`;
    const parse = (text: string) => within(/^-?\d+$/.test(text) ? Number(text) : NaN, options, form);
    return define(variable, options, { form, parse });
  },

  /** `0.1`, `1`. */
  fraction(variable: string, options: SettingOptions<number>): Setting<number> {
    const form = 'a number from 0 to 1';
    const parse = (text: string) => {
      const value = /^(0|1|[01]?\.\d+)$/.test(text) ? Number(text) : NaN;
      if (!(value >= 0 && value <= 1)) throw new Error(`must be ${form}`);
      return value;
    };
    return define(variable, options, { form, parse });
  },

  /** `1500`, `1500ms`, `90s`, `5m`, `2h`, `1d`; the value is in milliseconds. */
  durationMs(variable: string, options: SettingOptions<number> & Bounds): Setting<number> {
    const form = `a duration like 500ms, 30s, 5m or 2h, ${range(options)} ms`;
    const parse = (text: string) => {
      const [, amount, unit = 'ms'] = /^(\d+)(ms|s|m|h|d)?$/.exec(text) ?? [];
      return within(Number(amount) * (unitMs[unit] ?? NaN), options, form);
    };
    return define(variable, options, { form, parse, write: (ms) => `${ms}ms` });
  },

  bool(variable: string, options: SettingOptions<boolean>): Setting<boolean> {
    const form = 'true or false';
    const parse = (text: string) => {
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      throw new Error(`must be ${form}`);
    };
    return define(variable, options, { form, parse });
  },

  /** Items with commas between them. */
  list(variable: string, options: SettingOptions<readonly string[]>): Setting<readonly string[]> {
    const parse = (text: string) => {
      const items = text.split(',').map((item) => item.trim());
      if (items.includes('')) throw new Error('must not have empty items');
      return items;
    };
    return define(variable, options, {
      form: 'items, separated by commas',
      parse,
      write: (items) => items.join(','),
    });
  },

  /** A URL of one of these schemes (`['redis', 'rediss']`). It may hold a password, so only its form is ever shown. */
  url(
    variable: string,
    options: SettingOptions<string> & { readonly schemes: readonly string[] },
  ): Setting<string> {
    const form = `a URL that begins with ${options.schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
    const parse = (text: string) => {
      const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^\s]+$/.exec(text)?.[1];
      if (scheme === undefined || !options.schemes.includes(scheme)) throw new Error(`must be ${form}`);
      return text;
    };
    return define(variable, options, { form, parse });
  },

  choice<const C extends string>(
    variable: string,
    options: SettingOptions<C> & { readonly choices: readonly C[] },
  ): Setting<C> {
    const form = `one of ${options.choices.join(', ')}`;
    const parse = (text: string) => {
      const found = options.choices.find((choice) => choice === text);
      if (found === undefined) throw new Error(`must be ${form}`);
      return found;
    };
    return define(variable, options, { form, parse });
  },

  /** Undefined when it is not set. */
  optional<T>(inner: Setting<T>): Setting<T | undefined> {
    return { ...inner, required: false, fallback: () => undefined };
  },
};
