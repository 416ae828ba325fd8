import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './terminal.mjs';

const heartbeatMs = 2000;
const staleAfterMs = 20_000;

/** Runs `work` while no other process holds `file`. A holder that died, or stopped its heartbeat, loses the lock. */
export async function withLock(file, onWait, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; !(await acquire(file)); waited = true) {
    if (!waited) onWait();
    await sleep(300);
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(file, { force: true });
  }
}

async function acquire(file) {
  if (isStale(file)) rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  // Two may have found the same stale lock, and the slower one removed the file of the faster: look again.
  await sleep(50);
  return holder(file) === process.pid;
}

function isStale(file) {
  const pid = holder(file);
  if (pid === undefined) return false;
  return !isAlive(pid) || Date.now() - statSync(file).mtimeMs > staleAfterMs;
}

function holder(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch (error) {
    throw new Failure(`Lost the lock ${file}: ${error.message}`);
  }
}
