import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const keptOutputLength = 20_000;

/**
 * Runs a command on this terminal and passes signals on to it. Resolves to its exit code (128 + n if signal n ended it).
 * `watchParent` gives the command an IPC channel, whose end tells it that this process was killed.
 */
export function run(command, args, { env, cwd, watchParent = false } = {}) {
  const stdio = ['inherit', 'inherit', 'inherit', ...(watchParent ? ['ipc'] : [])];
  return supervise(spawn(command, args, { stdio, env, cwd }));
}

/** Like `run`, but keeps the last part of the output instead of showing it: `{ code, output }`. */
export async function capture(command, args, { env, cwd }) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => (output = (output + text).slice(-keptOutputLength)));
  }
  return { code: await supervise(child), output };
}

function supervise(child) {
  return new Promise((resolve, reject) => {
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward);
    const npm = setInterval(() => npmIsGone() && child.kill('SIGTERM'), 1000);
    const settle = () => {
      for (const signal of forwarded) process.off(signal, forward);
      clearInterval(npm);
    };
    child.once('error', (error) => (settle(), reject(error)));
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

const firstParent = process.ppid;

/** npm waits for its script, so a script of npm with another parent than at its start has lost npm to a kill. */
function npmIsGone() {
  return process.env.npm_lifecycle_script?.includes('tools/run.mjs') === true && process.ppid !== firstParent;
}
