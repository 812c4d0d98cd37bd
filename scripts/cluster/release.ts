// helm as the deployer (or somebody else) of one release in one namespace.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chart } from '../helm/chart.ts';
import { ensureProgram } from '../helm/ensure.ts';
import { runCommand, tryCommand } from '../services/command.ts';
import type { CommandResult } from '../services/command.ts';
import type { Namespace } from './access.ts';
import type { ControlPlane, User } from './control-plane.ts';

export const releaseName = 'vpcast';

export class Release {
  readonly namespace: Namespace;
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;

  /** Helm's own files go to `directory`, too. */
  constructor(controlPlane: ControlPlane, directory: string, namespace: Namespace, user: User = 'deployer') {
    this.namespace = namespace;
    this.#directory = directory;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: directory,
      KUBECONFIG: controlPlane.kubeconfig(user),
      HELM_NAMESPACE: namespace,
    };
  }

  /** Standard output, or an error. */
  async helm(...args: readonly string[]): Promise<string> {
    return runCommand(await ensureProgram('helm'), args, { env: this.#env });
  }

  async install(values: string, ...args: readonly string[]): Promise<string> {
    return this.helm('install', releaseName, chart, '--values', values, ...args);
  }

  async upgrade(values: string, ...more: readonly string[]): Promise<string> {
    return this.helm('upgrade', releaseName, chart, '--values', values, ...more);
  }

  async tryInstall(values: object, ...args: readonly string[]): Promise<CommandResult> {
    const file = await this.valuesFile('tried', values);
    return tryCommand(
      await ensureProgram('helm'),
      ['install', releaseName, chart, '--values', file, ...args],
      { env: this.#env },
    );
  }

  async valuesFile(name: string, values: object): Promise<string> {
    const file = join(this.#directory, `${name}-values.json`);
    await writeFile(file, JSON.stringify(values));
    return file;
  }
}
