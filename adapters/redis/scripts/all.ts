import { advanceClock } from './advance-clock.ts';
import { advance } from './advance.ts';
import { announce, announced, settle } from './announcements.ts';
import { beginDispatch } from './begin-dispatch.ts';
import { changes } from './changes.ts';
import { claim } from './claim.ts';
import { commit } from './commit.ts';
import { forgetReport } from './forget-report.ts';
import { listRecords } from './list-records.ts';
import { putReport, renewReport } from './put-report.ts';
import { reincarnate } from './reincarnate.ts';
import { release } from './release.ts';
import { replay } from './replay.ts';
import { sent } from './sent.ts';
import { unheard } from './unheard.ts';

export type { Script } from './script.ts';

/** Under these names they become methods of the client; the prefix keeps them apart from Redis' own commands. */
export const scripts = {
  vpcastAdvance: advance,
  vpcastAdvanceClock: advanceClock,
  vpcastAnnounce: announce,
  vpcastAnnounced: announced,
  vpcastBeginDispatch: beginDispatch,
  vpcastChanges: changes,
  vpcastClaim: claim,
  vpcastCommit: commit,
  vpcastForgetReport: forgetReport,
  vpcastListRecords: listRecords,
  vpcastPutReport: putReport,
  vpcastReincarnate: reincarnate,
  vpcastRelease: release,
  vpcastRenewReport: renewReport,
  vpcastReplay: replay,
  vpcastSent: sent,
  vpcastSettle: settle,
  vpcastUnheard: unheard,
} as const;

export type ScriptName = keyof typeof scripts;
