import { readFileSync } from 'node:fs';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { openCopy } from './open-copy.js';
import { runProgram } from './server-process.js';

/** A way to run PostgreSQL, which refuses to run as root and wants a user that the system knows by name. */
export interface Account {
  readonly name: string;
  /** Put before the command. */
  readonly prefix: readonly string[];
  /** The same without the right to enter what is closed to it: so must it reach the programs. Unset where that right is no other. */
  readonly closedOut?: readonly string[];
  /** Who must own the data; unset where it stays with the current user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

const itself: Account = { name: 'the current user', prefix: [] };
const probeTimeoutMs = 10_000;

export interface Runner {
  readonly account: Account;
  /** Those given, or a copy of them that the account can reach. */
  readonly binaries: PostgresBinaries;
}

/**
 * The first account that can run the programs on `dataDir`. As root it is a user namespace, in which root's own files belong to an
 * ordinary user, or else that user with the one capability to reach data that only root may reach. That does not do for the
 * programs: initdb looks for its own by access(2), which no capability opens, so where they are closed to that user they are
 * copied.
 * Throws an error that says what was tried.
 */
export async function chooseAccount(
  binaries: PostgresBinaries,
  dataDir: string,
  candidates = candidateAccounts(),
): Promise<Runner> {
  const failures: string[] = [];
  for (const account of candidates) {
    try {
      await giveData(dataDir, account);
      const programs = await reachablePrograms(account, binaries);
      await probe(account, programs, dataDir);
      return { account, binaries: programs };
    } catch (error) {
      failures.push(`${account.name}: ${(error as Error).message.trim().split('\n').at(-1) ?? 'failed'}`);
    }
  }
  throw new Error(
    `PostgreSQL cannot run here. Start Florin as an ordinary user, in a folder of that user. Tried:\n  ${failures.join('\n  ')}`,
  );
}

/** The ways worth a try for the current user, best first. */
export function candidateAccounts(): Account[] {
  const uid = process.getuid?.();
  if (uid !== 0 && hasName()) return [itself];
  const user = ordinaryUser();
  const namespace: Account = {
    name: 'user namespace',
    prefix: ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--'],
    ...(uid === 0 && { owner: { uid: 0, gid: 0 } }),
  };
  return uid === 0 ? [namespace, otherUser(user)] : [namespace];
}

function otherUser(user: { uid: number; gid: number }): Account {
  const change = ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  const reach = '-all,+dac_override';
  return {
    name: 'another user',
    prefix: [...change, '--inh-caps', reach, '--ambient-caps', reach, '--'],
    closedOut: [...change, '--inh-caps', '-all', '--'],
    owner: user,
  };
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function ordinaryUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const user = users.find(({ name }) => name === 'nobody') ?? users[0];
  if (user === undefined)
    throw new Error('PostgreSQL does not run as root, and this system has no other user.');
  return { uid: user.uid, gid: user.gid };
}

/** Only root gives files away; it does so when the data comes from a run under another account. */
async function giveData(dataDir: string, { owner }: Account): Promise<void> {
  if (owner === undefined || (await stat(dataDir)).uid === owner.uid) return;
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
  // Last, because its owner says that the rest is done.
  await chown(dataDir, owner.uid, owner.gid);
}

async function reachablePrograms(
  { closedOut }: Account,
  binaries: PostgresBinaries,
): Promise<PostgresBinaries> {
  if (closedOut === undefined) return binaries;
  try {
    await runProgram([...closedOut, binaries.initdb, '--version'], probeTimeoutMs);
    return binaries;
  } catch {
    return openCopy(binaries);
  }
}

async function probe(account: Account, binaries: PostgresBinaries, dataDir: string): Promise<void> {
  const script = 'cd "$1" && test -w . || { echo "cannot write in $1" >&2; exit 1; }; "$2" --version';
  const command = [...account.prefix, '/bin/sh', '-c', script, 'sh', dataDir, binaries.initdb];
  await runProgram(command, probeTimeoutMs);
}
