import { parseArgs } from 'node:util';
import { PlatformError } from '../../core/errors.ts';
import { openAgentClient } from '../local/client.ts';
import type { AgentClient } from '../local/client.ts';
import { VERSION } from '../version.ts';
import { renderDumpItem, renderExplanation, renderPorts, renderStatus, renderVpcs } from './render.ts';

/** Where the packaged service listens. */
export const DEFAULT_SOCKET = '/run/vpcast/agent.sock';

export const USAGE = `vpcast-agent                    runs the agent; --help lists its settings
vpcast-agent --version
vpcast-agent status             the control service, the broker, what is held
vpcast-agent vpcs               the VPCs that the host takes part in
vpcast-agent ports [--all]      the ports that are bound here; --all: neighbours, too
vpcast-agent explain PORT       where a port stands on this host, and what stands in its way
vpcast-agent dump               everything that the agent holds

  --json                        for programs: one JSON object, or one a line (dump)
  --agent-socket PATH           of the agent to ask; else VPCAST_AGENT_SOCKET, else ${DEFAULT_SOCKET}
`;

interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

interface Flags {
  readonly json: boolean;
  readonly all: boolean;
}

type Command = (client: AgentClient, flags: Flags, argument: string) => AsyncIterable<string>;

/** Each yields its output piece by piece. */
const commands: Readonly<Record<string, Command>> = {
  async *status(client, { json }) {
    const status = await client.getStatus();
    yield json ? jsonOf(status) : renderStatus(status, Date.now());
  },
  async *vpcs(client, { json }) {
    const answer = await client.listVpcs();
    yield json ? jsonOf(answer) : renderVpcs(answer);
  },
  async *ports(client, { json, all }) {
    const answer = await client.listPorts(all);
    yield json ? jsonOf(answer) : renderPorts(answer);
  },
  async *explain(client, { json }, portId) {
    const answer = await client.explainPort(portId);
    yield json ? jsonOf(answer) : renderExplanation(portId, answer, Date.now());
  },
  async *dump(client, { json }) {
    for await (const item of client.dump()) yield json ? jsonOf(item) : renderDumpItem(item, Date.now());
  },
};

/** True where the arguments ask something, rather than run the agent. */
export function isCommand(argv: readonly string[]): boolean {
  const [first = ''] = argv;
  return first === '--version' || (first !== '' && !first.startsWith('-'));
}

/** Resolves to the exit code: 0, 1 where the agent cannot answer, 2 for arguments that make no sense. */
export async function runCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { stdout, stderr }: Output,
): Promise<number> {
  if (argv[0] === '--version' || argv[0] === 'help') {
    stdout.write(argv[0] === 'help' ? USAGE : `${VERSION}\n`);
    return 0;
  }
  const parsed = parse(argv);
  if (parsed === undefined) {
    stderr.write(USAGE);
    return 2;
  }
  const { command, argument, flags, socket } = parsed;
  const path = [socket, env['VPCAST_AGENT_SOCKET'], DEFAULT_SOCKET].find((each) => each) ?? DEFAULT_SOCKET;
  const client = openAgentClient(path);
  try {
    for await (const text of command(client, flags, argument)) stdout.write(text);
    return 0;
  } catch (thrown) {
    const { code, message } = PlatformError.from(thrown);
    stderr.write(code === 'unavailable' ? `no agent answers on ${path}: ${message}\n` : `${message}\n`);
    return 1;
  } finally {
    client.close();
  }
}

function parse(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        'agent-socket': { type: 'string', default: '' },
      },
    });
    const [name = '', argument = '', ...rest] = positionals;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    const takesArgument = name === 'explain';
    if (command === undefined || rest.length > 0 || takesArgument !== (argument !== '')) return undefined;
    if (values.all && name !== 'ports') return undefined;
    const { json, all, 'agent-socket': socket } = values;
    return { command, argument, flags: { json, all }, socket };
  } catch {
    return undefined;
  }
}

function jsonOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
