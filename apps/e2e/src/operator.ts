import { kafkaEnvironment, type Stack } from '@florin/local-stack';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../operator/dist/main.js', import.meta.url));

export interface OperatorAnswer {
  /** 0 done, 1 refused, 3 not known. */
  readonly exitCode: number;
  readonly id: string;
  readonly code: string | null;
  readonly revision: number | null;
}

/** Runs the operator's command line, about the Italian book: what it needs is Kafka, and what it is told. */
export function askOperator(stack: Stack, ...command: readonly string[]): Promise<OperatorAnswer> {
  const reference = command[0] === 'open-account' ? [] : ['--reference', 'case-2026-117'];
  const args = [program, ...command, '--ledger', 'it-eur', ...reference, '--json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: kafkaEnvironment(stack.kafka) }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode !== 'number' || stdout === '') {
        return reject(new Error(`the operator got no answer: ${error?.message ?? ''} ${stderr}`));
      }
      resolve({ ...(JSON.parse(stdout) as Omit<OperatorAnswer, 'exitCode'>), exitCode });
    });
  });
}

/** A time so many seconds from now, as the operator writes it. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString();
}
