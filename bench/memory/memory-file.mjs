// Loaded into the programs that are watched: what V8 knows of its memory cannot be seen from outside.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

const directory = process.env.VPCAST_BENCH_MEMORY;
const file = join(directory, `${process.pid}.json`);

setInterval(() => {
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
}, 1_000).unref();
