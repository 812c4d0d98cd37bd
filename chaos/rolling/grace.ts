export const programKinds = ['servers', 'infra_nodes', 'agents'] as const;
export type ProgramKind = (typeof programKinds)[number];

/**
 * How long the chart's pods leave a program between SIGTERM and SIGKILL by default: terminationGracePeriodSeconds, for a
 * server without the sleep before the signal.
 */
export const graceMs: Readonly<Record<ProgramKind, number>> = {
  servers: 25_000,
  infra_nodes: 30_000,
  agents: 35_000,
};

/** The DaemonSet's `minReadySeconds`: so long an agent has to be ready before others are taken away. */
export const AGENTS_READY_MS = 5_000;

/** The chart's `agent.updateStrategy.maxUnavailable`, of which Kubernetes rounds the number of pods up. */
export const AGENTS_AWAY = 0.1;
