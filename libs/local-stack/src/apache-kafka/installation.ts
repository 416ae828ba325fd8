import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const leastJava = 17;
const askTimeoutMs = 20_000;
const fetchTimeoutMs = 300_000;
const keptOutput = 2000;

/** Beside this file in the sources: the build has no copy of it. */
const pom = fileURLToPath(new URL('../../src/apache-kafka/pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../../../.florin/apache-kafka', import.meta.url));

const run = promisify(execFile);

/** What a real Kafka needs to run. */
export const installationSchema = z.object({
  /** The `java` program. */
  java: z.string(),
  /** Folder of the jars. */
  jars: z.string(),
});
export type Installation = z.infer<typeof installationSchema>;

/** Java or Maven are missing, or too old: the message says which, and what to do. */
export class JdkMissing extends Error {
  override readonly name = 'JdkMissing';

  constructor(what: string, cause?: unknown) {
    super(
      `Apache Kafka needs a JDK (${leastJava} or newer) and Maven: ${what}.\n` +
        'Install them, or start without --kafka: the embedded broker needs neither.',
      { cause },
    );
  }
}

/** Finds Java, and fetches the jars of Apache Kafka with Maven unless they are there from before. Throws JdkMissing. */
export async function installApacheKafka(
  options: { signal?: AbortSignal; onProgress?: (text: string) => void } = {},
): Promise<Installation> {
  const { signal, onProgress } = options;
  const java = programOfJdk();
  await requireJava(java, signal);
  const jars = await folderOfJars();
  if (!existsSync(jars)) {
    onProgress?.('Fetching Apache Kafka with Maven (first time: 45 MB)');
    await fetchJars(jars, signal);
  }
  return { java, jars };
}

function programOfJdk(): string {
  const home = process.env['JAVA_HOME'];
  return home ? join(home, 'bin', 'java') : 'java';
}

async function requireJava(java: string, signal?: AbortSignal): Promise<void> {
  const answer = await ask(java, ['-version'], signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new JdkMissing(`"${java} -version" does not run here`, error);
  });
  const [, major] = /version "(\d+)/.exec(answer) ?? [];
  if (Number(major) >= leastJava) return;
  throw new JdkMissing(`"${java} -version" answers ${answer.split('\n')[0]}`);
}

/** Another one for every change of what is fetched. */
async function folderOfJars(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(pom));
  return join(cache, hash.digest('hex').slice(0, 12));
}

/** Into a folder of another name first, so that a fetch that was broken off does not count. */
async function fetchJars(jars: string, signal?: AbortSignal): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = `${jars}.${process.pid}`;
  const goal = ['--batch-mode', '--quiet', '--file', pom, 'dependency:copy-dependencies'];
  try {
    await run('mvn', [...goal, '-DincludeScope=runtime', `-DoutputDirectory=${partial}`], {
      timeout: fetchTimeoutMs,
      ...(signal && { signal }),
    });
    // Another start may have been faster.
    if (!existsSync(jars)) await rename(partial, jars);
  } catch (error) {
    signal?.throwIfAborted();
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new JdkMissing('"mvn" does not run here', error);
    const output = `${stdout}${stderr}`.trim().slice(-keptOutput);
    throw new Error(`Maven could not fetch Apache Kafka:\n${output}`, { cause: error });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function ask(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const { stdout, stderr } = await run(program, [...args], {
    timeout: askTimeoutMs,
    ...(signal && { signal }),
  });
  return `${stderr}${stdout}`.trim();
}
