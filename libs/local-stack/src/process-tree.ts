import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What happens to a process without its doing. */
export type CrashSignal = 'SIGSTOP' | 'SIGCONT' | 'SIGKILL';

/** Kills a process alone; or stops it, or lets it go on, with all that descend from it. Throws when there is no such process. */
export function signalTree(pid: number, signal: CrashSignal): void {
  // First itself, for a process that stands still starts no other.
  process.kill(pid, signal);
  if (signal === 'SIGKILL') return;
  for (const one of descendantsOf(pid)) {
    try {
      process.kill(one, signal);
    } catch (error) {
      // It has ended since it was listed.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function descendantsOf(pid: number): number[] {
  const children = Map.groupBy(processes(), ({ parent }) => parent);
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []).map((child) => child.pid));
  return found.slice(1);
}

function processes(): { readonly pid: number; readonly parent: number }[] {
  if (!existsSync('/proc/self/stat')) {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/)).map(([pid, parent]) => pair(pid, parent));
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => pair(pid, parentOf(pid)));
}

function pair(pid: string | undefined, parent: string | undefined) {
  return { pid: Number(pid), parent: Number(parent) };
}

function parentOf(pid: string): string | undefined {
  try {
    // "pid (name) state parent …", where the name may hold anything.
    return /^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    // It has ended since the folder was read.
    return undefined;
  }
}
