import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../../scripts/cache.mjs';
import { runCommand } from '../../scripts/services/command.ts';
import { reportOnStderr, withProgress } from '../../scripts/services/progress.ts';

export interface Libraries {
  /** Of the cache. */
  readonly name: string;
  readonly group: string;
  readonly artifacts: readonly string[];
  readonly version: string;
}

/** A class path with the artifacts and all that they need; downloaded on first use. */
export async function mavenLibraries({ name, group, artifacts, version }: Libraries): Promise<string> {
  const directory = await fillOnce(cacheDirectory(name, version), (staging) =>
    withProgress(reportOnStderr, `fetching ${name} ${version} with Maven`, async () => {
      await writeFile(join(staging, 'pom.xml'), projectWith(artifacts.map((id) => [group, id, version])));
      await mkdir(join(staging, 'libs'));
      await runCommand(
        'mvn',
        [
          ...['--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DincludeScope=runtime'],
          `-DoutputDirectory=${join(staging, 'libs')}`,
        ],
        { cwd: staging },
      );
    }),
  );
  return join(directory, 'libs', '*');
}

function projectWith(
  dependencies: readonly (readonly [group: string, id: string, version: string])[],
): string {
  const tags = dependencies.map(
    ([group, id, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>vpcast</groupId>
  <artifactId>bench-peers</artifactId>
  <version>1</version>
  <dependencies>${tags.join('\n')}</dependencies>
</project>
`;
}
