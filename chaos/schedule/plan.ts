import { seeded } from '../../bench/random.ts';
import { faultKinds, faultProfiles } from './kinds.ts';
import type { FaultKind, Track } from './kinds.ts';

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Since the beginning of the run. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** For the kinds that delay, else 0. */
  readonly delayMs: number;
  /** In [0, 1): which of those that it can strike. */
  readonly target: number;
}

/** The first fault comes after the one, the last is over (recovery included) the other before the end. */
const LEAD_IN_MS = 3_000;
const LEAD_OUT_MS = 6_000;

/**
 * The faults of a run in the order of their times, all of it drawn from the seed. Each kind comes once a minute, at
 * least once: a track is made of rounds, and each round has every kind of the track in an order of its own.
 */
export function planFaults(seed: number, minutes: number): PlannedFault[] {
  const random = seeded(seed);
  const rounds = Math.max(1, Math.floor(minutes));
  const windowMs = minutes * 60_000 - LEAD_IN_MS - LEAD_OUT_MS;
  const tracks = new Set(faultKinds.map((kind) => faultProfiles[kind].track));
  const faults = [...tracks].flatMap((track) => planTrack(track, rounds, windowMs, random));
  return faults.sort((one, other) => one.atMs - other.atMs);
}

function planTrack(track: Track, rounds: number, windowMs: number, random: () => number): PlannedFault[] {
  const kinds = faultKinds.filter((kind) => faultProfiles[kind].track === track);
  const order = Array.from({ length: rounds }, () => shuffled(kinds, random)).flat();
  const drawn = order.map((kind) => {
    const { lastsMs, recoveryMs, delayMs = [0, 0] } = faultProfiles[kind];
    return {
      kind,
      lastsMs: between(lastsMs, random),
      recoveryMs,
      delayMs: between(delayMs, random),
      target: random(),
    };
  });
  const busyMs = drawn.reduce((sum, { lastsMs, recoveryMs }) => sum + lastsMs + recoveryMs, 0);
  const freeMs = windowMs - busyMs;
  if (freeMs < 0) throw new Error(`there is no room for the faults of ${track}`);
  // What is free goes between the faults, in shares that add up.
  const waits = drawn.map(() => random() * freeMs).sort((one, other) => one - other);
  let takenMs = 0;
  return drawn.map(({ recoveryMs, ...fault }, n) => {
    const atMs = Math.round(LEAD_IN_MS + takenMs + (waits[n] ?? 0));
    takenMs += fault.lastsMs + recoveryMs;
    return { ...fault, atMs };
  });
}

function between([least, most]: readonly [number, number], random: () => number): number {
  return Math.round(least + random() * (most - least));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
