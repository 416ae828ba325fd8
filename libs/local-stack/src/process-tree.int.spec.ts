import { eventually } from '@florin/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { signalTree } from './process-tree.js';

/** A process with a child, of which it prints the id; both write a dot every few milliseconds. */
const family = `
const { spawn } = require('node:child_process');
const program = "setInterval(() => process.stdout.write('.'), 10)";
const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'ignore'] });
process.stdout.write(child.pid + '\\n');
process.on('exit', () => child.kill());
process.on('SIGTERM', () => process.exit(0));
`;

describe('signalTree', () => {
  it('stops a process with its children, lets them go on, and kills it alone', async () => {
    const parent = spawn(process.execPath, ['-e', family], { stdio: ['ignore', 'pipe', 'inherit'] });
    let written = '';
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
    const moreThan = (length: number) =>
      eventually(() => {
        if (written.length <= length) throw new Error('nothing more is written');
      });
    const pid = parent.pid as number;
    const child = await eventually(() => {
      const id = Number.parseInt(written);
      if (!(id > 0) || !written.includes('\n')) throw new Error('no child yet');
      return id;
    });
    try {
      await moreThan(written.length);
      signalTree(pid, 'SIGSTOP');
      await expect(
        eventually(() => {
          const { length } = written;
          return new Promise<void>((resolve, reject) =>
            setTimeout(() => (written.length === length ? resolve() : reject(new Error('it goes on'))), 200),
          );
        }),
      ).resolves.toBeUndefined();
      const { length } = written;
      signalTree(pid, 'SIGCONT');
      await moreThan(length);
      const ended = once(parent, 'exit');
      signalTree(pid, 'SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      await moreThan(written.length);
      expect(() => signalTree(pid, 'SIGKILL')).toThrow('ESRCH');
    } finally {
      process.kill(child, 'SIGKILL');
      if (parent.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL');
    }
  });
});
