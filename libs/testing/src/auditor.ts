import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../apps/auditor/dist/main.js', import.meta.url));
const maxAnswerBytes = 64 * 1024 * 1024;

export interface AuditorAnswer<Body> {
  /** 0 all is well, 1 a finding, 3 no answer. */
  readonly exitCode: number;
  readonly body: Body;
}

/** Runs the auditor's command line (`verify`, `replay`, …), which reads the event store alone and asks no service. */
export function askAuditor<Body>(
  eventStoreUrl: string,
  ...command: readonly string[]
): Promise<AuditorAnswer<Body>> {
  const options = { env: { EVENTSTORE_URL: eventStoreUrl }, maxBuffer: maxAnswerBytes };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...command, '--json'], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      const answer = stdout.trim().split('\n').at(-1);
      if (typeof exitCode !== 'number' || !answer) {
        return reject(new Error(`the auditor gave no answer: ${error?.message ?? ''} ${stderr}`));
      }
      resolve({ exitCode, body: JSON.parse(answer) as Body });
    });
  });
}
