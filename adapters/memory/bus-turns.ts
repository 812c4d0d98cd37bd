const STEPS_PER_TURN = 256;

/**
 * Shares the event loop: sends and deliveries resolve at once, but after 256 of them in one turn of the loop the
 * rest wait for the next, so that sockets and timers are served while messages fly.
 */
export class Turns {
  private steps = 0;
  private next: Promise<void> | undefined;

  /** Undefined while this turn has room, else what to wait for. */
  step(): Promise<void> | undefined {
    this.next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.steps = 0;
        this.next = undefined;
        resolve();
      });
    });
    return ++this.steps <= STEPS_PER_TURN ? undefined : this.next;
  }
}
