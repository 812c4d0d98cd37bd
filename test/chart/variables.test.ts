import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Schema } from '../../adapters/process/env.ts';
import { agentSettings, readAgentConfig } from '../../agent/config.ts';
import { infraSettings, readInfraConfig } from '../../infra-node/config.ts';
import { exampleNames } from '../../scripts/helm/chart.ts';
import { ensureProgram } from '../../scripts/helm/ensure.ts';
import { readServerConfig, serverSettings } from '../../server/config.ts';
import { renderedVariables } from './rendered.ts';
import type { Variables } from './rendered.ts';

/** Where nobody has built helm on this machine yet. */
const buildTimeoutMs = 20 * 60_000;

interface Program {
  readonly component: string;
  readonly settings: Schema;
  readonly read: (env: Readonly<Record<string, string | undefined>>, argv: readonly string[]) => object;
  /** What the chart leaves to the program, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

const readyFile = { VPCAST_READY_FILE: 'a pod has probes' };

const programs: readonly Program[] = [
  { component: 'server', settings: serverSettings, read: readServerConfig, leftOut: readyFile },
  { component: 'infra-node', settings: infraSettings, read: readInfraConfig, leftOut: readyFile },
  {
    component: 'agent',
    settings: agentSettings,
    read: readAgentConfig,
    leftOut: {
      ...readyFile,
      VPCAST_MAC_ADDRESS: "each host has its own, and the node's fields do not tell it",
    },
  },
];

/** Of Node, not of a program. */
const ofNode = ['NODE_EXTRA_CA_CERTS'];

/** Values that the chart has a reason to choose itself: addresses of the others, and where pods listen. */
const chosen = [
  'VPCAST_AGENT_SOCKET',
  'VPCAST_GRPC_ADDRESS',
  'VPCAST_HEALTH_ADDRESS',
  'VPCAST_CONTROL_ADDRESSES',
  'VPCAST_PULSAR_CLUSTERS',
  'VPCAST_REDIS_URL',
];

for (const { component, settings, read, leftOut } of programs) {
  describe(`variables of the ${component} in the chart`, () => {
    const rendered = new Map<string, Variables>();
    const byVariable = new Map(Object.values(settings).map((setting) => [setting.variable, setting]));

    before(async function () {
      this.timeout(buildTimeoutMs);
      await ensureProgram('helm');
      for (const example of await exampleNames()) {
        const variables = await renderedVariables(example, component);
        if (variables !== undefined) rendered.set(example, variables);
      }
    });

    const allNames = () => [...new Set([...rendered.values()].flatMap((variables) => [...variables.keys()]))];

    it("are the program's settings, one to one", () => {
      const expected = [...byVariable.keys()].filter((variable) => !(variable in leftOut));
      const found = allNames().filter((name) => !ofNode.includes(name));
      expect(found).to.have.members(expected);
    });

    it('leave out only what the program has', () => {
      expect([...byVariable.keys()]).to.include.members(Object.keys(leftOut));
    });

    it('are accepted by the program', () => {
      for (const [example, variables] of rendered) {
        const env = Object.fromEntries(
          [...variables].map(([name, value]) => [
            name,
            name.endsWith('_FILE') ? aFile : (value ?? '10.0.0.1'),
          ]),
        );
        expect(() => read(env, []), example).not.to.throw();
      }
    });

    it("have the program's own defaults", () => {
      const variables = rendered.get('default-values.yaml') ?? new Map<string, string>();
      for (const [name, value] of variables) {
        const setting = byVariable.get(name);
        if (setting === undefined || value === undefined || value === '' || chosen.includes(name)) continue;
        expect(setting.parse(value), name).to.deep.equal(setting.fallback());
      }
    });
  });
}

const aFile = fileURLToPath(import.meta.url);
