export type Report = (message: string) => void;

/** One line per step on standard error. */
export const reportOnStderr: Report = (message) => {
  process.stderr.write(`services: ${message}\n`);
};

const reminderMs = 10_000;

/** Reports the step's start, its time when done, and a line now and then in between. */
export async function withProgress<T>(report: Report, step: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  report(step);
  const reminder = setInterval(() => {
    report(`${step}: still at it after ${elapsed()}`);
  }, reminderMs);
  try {
    const result = await action();
    report(`${step}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(reminder);
  }
}
