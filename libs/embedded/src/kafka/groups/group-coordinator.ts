import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { limits } from '../limits.js';
import { DurableMap } from '../storage/durable-map.js';
import type { Recovery } from '../storage/recovery.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import { Group } from './group.js';
import type { GroupDeps, GroupSnapshot } from './group.types.js';
import { OffsetStore } from './offset-store.js';

/** A snapshot as JSON holds it: byte strings in base64. */
interface StoredGroup extends Omit<GroupSnapshot, 'members'> {
  readonly members: ReadonlyArray<
    Omit<GroupSnapshot['members'][number], 'protocols' | 'assignment'> & {
      readonly protocols: ReadonlyArray<{ readonly name: string; readonly metadata: string }>;
      readonly assignment: string;
    }
  >;
}

/** All consumer groups with their offsets, as they were before a restart: a settled generation goes on without a rebalance. */
export class GroupCoordinator {
  readonly offsets: OffsetStore;
  readonly #groups = new Map<string, Group>();
  readonly #stored: DurableMap<StoredGroup>;
  /** What members hold, or more: those that left are counted off when it seems to be too much. */
  #memberBytes = 0;

  constructor(
    dataDir: string,
    private readonly recovery: Recovery,
  ) {
    this.#stored = new DurableMap(join(dataDir, 'groups.journal'), recovery);
    this.offsets = new OffsetStore(join(dataDir, 'offsets.journal'), recovery);
    for (const [id, stored] of this.#stored.entries()) this.#add(id, fromStored(stored));
    for (const id of this.offsets.groups()) if (!this.#groups.has(id)) this.#add(id);
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  all(): Group[] {
    return [...this.#groups.values()];
  }

  /** The group, made when it is new; undefined when there are too many. */
  getOrCreate(id: string): Group | undefined {
    const known = this.#groups.get(id);
    if (known || this.#groups.size >= limits.groups) return known;
    return this.#add(id);
  }

  /** Whether there is room for what members are about to say of themselves or to be assigned; it is counted from now on. */
  reserveMemberBytes(bytes: number): boolean {
    if (this.#memberBytes + bytes > limits.allMembersBytes) {
      this.#memberBytes = this.all().reduce((sum, { memberBytes }) => sum + memberBytes, 0);
    }
    if (this.#memberBytes + bytes > limits.allMembersBytes) return false;
    this.#memberBytes += bytes;
    return true;
  }

  /** Forgets an empty group and its offsets. */
  delete(id: string): ErrorCode {
    const group = this.#groups.get(id);
    if (!group) return errors.GROUP_ID_NOT_FOUND;
    if (!group.isEmpty) return errors.NON_EMPTY_GROUP;
    this.offsets.deleteGroup(id);
    if (this.#stored.get(id)) this.#stored.put([[id, null]]);
    this.#groups.delete(id);
    return errors.NONE;
  }

  /** Forgets empty groups that have committed nothing for long. */
  expire(nowMs: number): void {
    const keepFrom = nowMs - limits.offsetRetentionMs;
    for (const group of this.all()) {
      const isLive = this.offsets.all(group.id).some(({ committed }) => committed.atMs >= keepFrom);
      if (group.isEmpty && !isLive) this.delete(group.id);
    }
  }

  close(): void {
    for (const group of this.all()) group.close();
    this.#stored.close();
    this.offsets.close();
  }

  #add(id: string, restored?: GroupSnapshot): Group {
    const deps: GroupDeps = {
      schedule,
      newMemberId: (clientId) => `${clientId}-${randomUUID()}`,
      save: (snapshot) => this.#save(id, snapshot),
    };
    const group = new Group(id, deps, restored);
    this.#groups.set(id, group);
    return group;
  }

  /** A generation that could not be stored is still good; after a restart its members would have to join again. */
  #save(id: string, snapshot: GroupSnapshot): void {
    try {
      this.#stored.put([[id, toStored(snapshot)]]);
    } catch (error) {
      this.recovery.notice(`the state of group ${id} could not be stored: ${(error as Error).message}`);
    }
  }
}

function schedule(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

function toStored(snapshot: GroupSnapshot): StoredGroup {
  const members = snapshot.members.map((member) => ({
    ...member,
    assignment: member.assignment.toString('base64'),
    protocols: member.protocols.map(({ name, metadata }) => ({
      name,
      metadata: metadata.toString('base64'),
    })),
  }));
  return { ...snapshot, members };
}

function fromStored(stored: StoredGroup): GroupSnapshot {
  const members = stored.members.map((member) => ({
    ...member,
    assignment: Buffer.from(member.assignment, 'base64'),
    protocols: member.protocols.map(({ name, metadata }) => ({
      name,
      metadata: Buffer.from(metadata, 'base64'),
    })),
  }));
  return { ...stored, members };
}
