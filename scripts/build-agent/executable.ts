// A single executable of Node and a bundle: https://nodejs.org/api/single-executable-applications.html
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../services/command.ts';

/** In every Node that can carry a bundle; postject sets what follows it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Of `work`/`bundle`. Works in `work`, which is left with what it made on the way. */
export async function makeExecutable(bundle: string, executable: string, work: string): Promise<void> {
  // The paths are relative because that of the bundle goes into the executable.
  const config = { main: bundle, output: 'sea.blob', disableExperimentalSEAWarning: true };
  await writeFile(join(work, 'sea.json'), JSON.stringify(config));
  await runCommand(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: work });
  if (!(await readFile(process.execPath)).includes(FUSE))
    throw new Error(
      `${process.execPath} cannot carry a program: it takes Node 20 or newer as nodejs.org builds it`,
    );
  await copyFile(process.execPath, executable);
  // Before the bundle is put in: afterwards it would be stripped away.
  await runCommand('strip', [executable]);
  const blob = join(work, 'sea.blob');
  const postject = join('node_modules', 'postject', 'dist', 'cli.js');
  await runCommand(process.execPath, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE]);
}
