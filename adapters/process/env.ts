import type { Setting } from './settings.ts';

export { setting, type Setting } from './settings.ts';

/** The settings of a program, by the names its code uses. */
export type Schema = Readonly<Record<string, Setting<unknown>>>;
export type Settings<S extends Schema> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** Everything that is wrong with the settings, at once. Values are not repeated: some are secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** `--help` was asked for: print the text, start nothing. */
export class HelpRequested extends Error {
  override readonly name = 'HelpRequested';
  readonly text: string;

  constructor(text: string) {
    super('help requested');
    this.text = text;
  }
}

/** `VPCAST_GRPC_ADDRESS` is `--grpc-address`. */
export function flagOf(variable: string): string {
  return `--${variable
    .replace(/^VPCAST_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}`;
}

/**
 * Reads the settings from flags (`argv` without the program), else the environment, else the defaults. An empty value
 * counts as none. Throws SettingsError, or HelpRequested.
 */
export function readSettings<S extends Schema>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): Settings<S> {
  const flags = readFlags(schema, argv);
  const problems = [...flags.problems];
  const values: Record<string, unknown> = {};
  for (const [name, { variable, parse, fallback }] of Object.entries(schema)) {
    const flag = flagOf(variable);
    const fromFlag = flags.values.get(flag);
    const text = fromFlag ?? env[variable] ?? '';
    try {
      values[name] = text === '' ? fallback() : parse(text);
    } catch (error) {
      const source = fromFlag === undefined ? variable : `${flag} (${variable})`;
      problems.push(`${source} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  // Each value came from the setting of the same name.
  return values as Settings<S>;
}

export function helpText(schema: Schema): string {
  const entries = Object.values(schema).map(
    ({ variable, secret, required, description, form, defaultText }) => {
      const name = secret ? variable : `${flagOf(variable)}, ${variable}`;
      const fallback =
        defaultText === undefined ? (required ? 'required' : 'optional') : `default ${defaultText}`;
      const source = secret ? '; environment only' : '';
      return `  ${name}\n      ${description}\n      ${form}; ${fallback}${source}\n`;
    },
  );
  return `Settings, as flags or environment variables (flags win):\n\n${entries.join('')}  --help\n      Shows this text.\n`;
}

function readFlags(schema: Schema, argv: readonly string[]) {
  const known = new Map(Object.values(schema).map((entry) => [flagOf(entry.variable), entry]));
  const values = new Map<string, string>();
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--help' || argument === '-h') throw new HelpRequested(helpText(schema));
    const [flag = '', ...inline] = argument.split('=');
    const entry = known.get(flag);
    if (entry?.secret === true) {
      // Every user of the machine can read a command line.
      problems.push(`${flag} is secret: set ${entry.variable} in the environment instead`);
      if (inline.length === 0 && rest[0]?.startsWith('--') === false) rest.shift();
    } else if (entry === undefined) {
      problems.push(
        flag.startsWith('-') ? `${flag} is not a flag of this program` : 'an argument is not a flag',
      );
      if (flag.startsWith('-') && inline.length === 0 && rest[0]?.startsWith('--') === false) rest.shift();
    } else if (values.has(flag)) {
      problems.push(`${flag} is given twice`);
    } else if (inline.length > 0) {
      values.set(flag, inline.join('='));
    } else if (entry.form === 'true or false' && !['true', 'false', '0', '1'].includes(rest[0] ?? '')) {
      values.set(flag, 'true');
    } else if (rest[0] === undefined || rest[0].startsWith('--')) {
      problems.push(`${flag} needs a value: ${entry.form}`);
    } else {
      values.set(flag, rest.shift() ?? '');
    }
  }
  return { values, problems };
}
