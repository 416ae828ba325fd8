import { readdirSync, readFileSync } from 'node:fs';

/** CPU milliseconds that processes have used since they began, by the name of each. */
export type CpuMs = ReadonlyMap<string, number>;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
  readonly command: string;
}

const msPerTick = 10;

/** What every process below this one has used, children that belong to an engine counted with it; empty where there is no /proc. */
export function cpuOfDescendants(): CpuMs {
  const processes = listProcesses();
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const used = new Map<string, number>();
  for (const one of processes) {
    const name = nameOf(one, byPid);
    if (name !== undefined) used.set(name, (used.get(name) ?? 0) + one.cpuMs);
  }
  return used;
}

/** The service or engine just below this process that a process belongs to. */
function nameOf(one: Process, byPid: ReadonlyMap<number, Process>): string | undefined {
  for (let at: Process | undefined = one; at !== undefined; at = byPid.get(at.parent)) {
    if (at.parent === process.pid) return programName(at.command);
  }
  return undefined;
}

function programName(command: string): string | undefined {
  const engine = /"engine":"(\w+)"/.exec(command)?.[1];
  const app = /apps\/([\w-]+)\/dist\/main\.js/.exec(command)?.[1];
  return engine ?? app;
}

function listProcesses(): Process[] {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold anything; what follows it is fields of numbers.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      // Its own, and what its children used that have ended: PostgreSQL has one for each connection.
      const cpuMs = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
      return [{ pid: Number(pid), parent: Number(fields[1]), cpuMs, command }];
    } catch {
      // Ended meanwhile.
      return [];
    }
  });
}

/** Memory of a process that is in use by it, in bytes; 0 where there is no /proc. */
export function residentBytes(pid: number): number {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * 1_024;
  } catch {
    // Ended meanwhile, or another system.
    return 0;
  }
}
