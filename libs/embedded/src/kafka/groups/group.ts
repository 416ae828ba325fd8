import { limits } from '../limits.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type {
  GroupDeps,
  GroupSnapshot,
  GroupState,
  JoinRequest,
  JoinResult,
  MemberState,
  Protocol,
  SyncResult,
} from './group.types.js';
import { bytesOf, commonProtocols, preferredProtocol, sameProtocols, subscribedTopics } from './protocols.js';

interface Member extends Omit<MemberState, 'protocols' | 'assignment'> {
  protocols: readonly Protocol[];
  assignment: Buffer;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** Set while the member waits for the others to join. */
  joining: ((result: JoinResult) => void) | undefined;
  /** Set while the member waits for the leader's assignments. */
  syncing: ((result: SyncResult) => void) | undefined;
  cancelSession: () => void;
}

const NO_ASSIGNMENT = Buffer.alloc(0);

/**
 * One consumer group: who is in it, which generation it is in, and who has which assignment. Members join, the first of them leads
 * and hands in the assignments, all heartbeat; whoever comes, leaves, falls silent or changes its mind starts the next
 * generation. There is no initial delay: a rebalance ends as soon as all known members have joined.
 */
export class Group {
  #state: GroupState = 'Empty';
  #generation = 0;
  #protocolType = '';
  #protocol = '';
  #leader = '';
  readonly #members = new Map<string, Member>();
  /** Ids handed out to members that have not joined with them yet, each with its expiry. */
  readonly #promised = new Map<string, () => void>();
  #cancelRebalance: () => void = () => undefined;

  constructor(
    readonly id: string,
    private readonly deps: GroupDeps,
    restored?: GroupSnapshot,
  ) {
    if (restored) this.#restore(restored);
  }

  get state(): GroupState {
    return this.#state;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#promised.size === 0;
  }

  join(request: JoinRequest): Promise<JoinResult> {
    const refusal = this.#joinRefusal(request);
    if (refusal !== errors.NONE) return Promise.resolve(refusedJoin(refusal, request.memberId));

    const known = this.#members.get(request.memberId);
    if (known) return this.#rejoin(known, request);
    if (request.memberId === '' && request.idFirst) return Promise.resolve(this.#promiseId(request));
    return this.#admit(request);
  }

  sync(memberId: string, generation: number, assignments: ReadonlyMap<string, Buffer>): Promise<SyncResult> {
    const refusal = this.#refusal(memberId, generation);
    const member = this.#members.get(memberId);
    if (refusal !== errors.NONE || !member) return Promise.resolve(refusedSync(refusal));
    this.#keepAlive(member);
    if (this.#state === 'PreparingRebalance')
      return Promise.resolve(refusedSync(errors.REBALANCE_IN_PROGRESS));
    if (this.#state === 'Stable') {
      return Promise.resolve({ errorCode: errors.NONE, assignment: member.assignment });
    }
    const { promise, resolve } = Promise.withResolvers<SyncResult>();
    member.syncing?.(refusedSync(errors.REBALANCE_IN_PROGRESS));
    member.syncing = resolve;
    if (memberId === this.#leader) this.#settle(assignments);
    return promise;
  }

  heartbeat(memberId: string, generation: number): ErrorCode {
    const refusal = this.#refusal(memberId, generation);
    const member = this.#members.get(memberId);
    if (refusal !== errors.NONE || !member) return refusal;
    this.#keepAlive(member);
    return this.#state === 'PreparingRebalance' ? errors.REBALANCE_IN_PROGRESS : errors.NONE;
  }

  leave(memberId: string): ErrorCode {
    if (this.#promised.has(memberId)) {
      this.#dropPromise(memberId);
      this.#completeIfAllJoined();
      return errors.NONE;
    }
    const member = this.#members.get(memberId);
    if (!member) return errors.UNKNOWN_MEMBER_ID;
    this.#remove(member);
    return errors.NONE;
  }

  /** Whether offsets may be committed; generation -1 without a member id is a client that assigns partitions to itself. */
  mayCommit(memberId: string, generation: number): ErrorCode {
    if (generation < 0 && memberId === '') {
      return this.#state === 'Empty' ? errors.NONE : errors.UNKNOWN_MEMBER_ID;
    }
    const refusal = this.#refusal(memberId, generation);
    const member = this.#members.get(memberId);
    if (refusal !== errors.NONE || !member) return refusal;
    this.#keepAlive(member);
    return this.#state === 'CompletingRebalance' ? errors.REBALANCE_IN_PROGRESS : errors.NONE;
  }

  /** What the members have said of themselves and were assigned. */
  get memberBytes(): number {
    const members = [...this.#members.values()];
    return members.reduce(
      (sum, { protocols, assignment }) => sum + bytesOf(protocols) + assignment.length,
      0,
    );
  }

  /** What the members read, or undefined where one of them does not say so in the way of consumers. */
  subscribedTopics(): Set<string> | undefined {
    return subscribedTopics(this.#protocolType, [...this.#members.values()]);
  }

  snapshot(): GroupSnapshot {
    const members = [...this.#members.values()].map(
      ({ id, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment }) => {
        return { id, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment };
      },
    );
    return {
      generation: this.#generation,
      protocolType: this.#protocolType,
      protocol: this.#protocol,
      leader: this.#leader,
      members,
    };
  }

  /** Stops all timers; what waits is never answered. */
  close(): void {
    this.#cancelRebalance();
    for (const member of this.#members.values()) member.cancelSession();
    for (const cancel of this.#promised.values()) cancel();
  }

  #joinRefusal(request: JoinRequest): ErrorCode {
    const { memberId, sessionTimeoutMs, protocols } = request;
    if (sessionTimeoutMs < limits.sessionTimeoutMinMs || sessionTimeoutMs > limits.sessionTimeoutMaxMs) {
      return errors.INVALID_SESSION_TIMEOUT;
    }
    const isKnown = this.#members.has(memberId) || this.#promised.has(memberId);
    if (memberId !== '' && !isKnown) return errors.UNKNOWN_MEMBER_ID;
    const isFull = this.#members.size + this.#promised.size >= limits.membersPerGroup;
    if (memberId === '' && isFull) return errors.GROUP_MAX_SIZE_REACHED;
    if (protocols.length === 0 || request.protocolType === '') return errors.INCONSISTENT_GROUP_PROTOCOL;
    const metadataBytes = bytesOf(protocols);
    if (metadataBytes > limits.memberMetadataBytes) return errors.POLICY_VIOLATION;
    if (this.#members.size === 0) return errors.NONE;
    if (request.protocolType !== this.#protocolType) return errors.INCONSISTENT_GROUP_PROTOCOL;
    const others = [...this.#members.values()].filter(({ id }) => id !== memberId);
    return others.length === 0 || commonProtocols(protocols, others).length > 0
      ? errors.NONE
      : errors.INCONSISTENT_GROUP_PROTOCOL;
  }

  #refusal(memberId: string, generation: number): ErrorCode {
    if (!this.#members.has(memberId)) return errors.UNKNOWN_MEMBER_ID;
    return generation === this.#generation ? errors.NONE : errors.ILLEGAL_GENERATION;
  }

  #promiseId(request: JoinRequest): JoinResult {
    const memberId = this.deps.newMemberId(request.clientId);
    const expire = () => {
      this.#promised.delete(memberId);
      this.#completeIfAllJoined();
    };
    this.#promised.set(memberId, this.deps.schedule(request.sessionTimeoutMs, expire));
    return refusedJoin(errors.MEMBER_ID_REQUIRED, memberId);
  }

  #admit(request: JoinRequest): Promise<JoinResult> {
    this.#dropPromise(request.memberId);
    const { clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request;
    const member: Member = {
      id: request.memberId || this.deps.newMemberId(clientId),
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs: Math.min(rebalanceTimeoutMs, limits.rebalanceTimeoutMaxMs),
      protocols,
      assignment: NO_ASSIGNMENT,
      joining: undefined,
      syncing: undefined,
      cancelSession: () => undefined,
    };
    if (this.#members.size === 0) this.#protocolType = request.protocolType;
    this.#members.set(member.id, member);
    this.#leader ||= member.id;
    return this.#await(member);
  }

  #rejoin(member: Member, request: JoinRequest): Promise<JoinResult> {
    const unchanged = sameProtocols(member.protocols, request.protocols);
    const settled =
      this.#state === 'CompletingRebalance' || (this.#state === 'Stable' && member.id !== this.#leader);
    if (unchanged && settled) {
      // Its answer was lost, or it asks again: the generation stands, nobody else is troubled.
      this.#keepAlive(member);
      return Promise.resolve(this.#joined(member));
    }
    member.protocols = request.protocols;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = Math.min(request.rebalanceTimeoutMs, limits.rebalanceTimeoutMaxMs);
    return this.#await(member);
  }

  /** The member waits for the rebalance that its coming starts or that is under way. */
  #await(member: Member): Promise<JoinResult> {
    const { promise, resolve } = Promise.withResolvers<JoinResult>();
    // A second request of the same member takes the first one's place.
    member.joining?.(refusedJoin(errors.REBALANCE_IN_PROGRESS, member.id));
    member.joining = resolve;
    member.cancelSession();
    if (this.#state === 'PreparingRebalance') this.#completeIfAllJoined();
    else this.#rebalance();
    return promise;
  }

  #rebalance(): void {
    this.#state = 'PreparingRebalance';
    this.#refuseSyncing();
    const timeoutMs = Math.max(0, ...[...this.#members.values()].map((member) => member.rebalanceTimeoutMs));
    this.#cancelRebalance();
    this.#cancelRebalance = this.deps.schedule(timeoutMs, () => this.#complete());
    this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.#state !== 'PreparingRebalance' || this.#promised.size > 0) return;
    if ([...this.#members.values()].every(({ joining }) => joining)) this.#complete();
  }

  /** Ends the joining: who has not joined is out. */
  #complete(): void {
    this.#cancelRebalance();
    for (const member of [...this.#members.values()]) if (!member.joining) this.#forget(member);
    this.#generation += 1;
    if (this.#members.size === 0) return this.#becomeEmpty();

    const members = [...this.#members.values()];
    if (!this.#members.has(this.#leader)) this.#leader = (members[0] as Member).id;
    this.#protocol = preferredProtocol(members);
    this.#state = 'CompletingRebalance';
    const timeoutMs = Math.max(...members.map((member) => member.rebalanceTimeoutMs));
    this.#cancelRebalance = this.deps.schedule(timeoutMs, () => this.#expireUnsynced());
    for (const member of members) {
      member.assignment = NO_ASSIGNMENT;
      this.#keepAlive(member);
      member.joining?.(this.#joined(member));
      member.joining = undefined;
    }
  }

  /** The leader has decided: everybody who waits gets its part. */
  #settle(assignments: ReadonlyMap<string, Buffer>): void {
    this.#cancelRebalance();
    this.#state = 'Stable';
    for (const member of this.#members.values()) {
      member.assignment = assignments.get(member.id) ?? NO_ASSIGNMENT;
    }
    this.deps.save(this.snapshot());
    for (const member of this.#members.values()) {
      this.#answerSync(member, { errorCode: errors.NONE, assignment: member.assignment });
    }
  }

  #becomeEmpty(): void {
    this.#state = 'Empty';
    this.#protocol = this.#leader = '';
    this.deps.save(this.snapshot());
  }

  #joined(member: Member): JoinResult {
    const isLeader = member.id === this.#leader;
    const everybody = isLeader ? [...this.#members.values()] : [];
    return {
      errorCode: errors.NONE,
      generationId: this.#generation,
      protocolName: this.#protocol,
      leaderId: this.#leader,
      memberId: member.id,
      members: everybody.map(({ id, protocols }) => {
        const chosen = protocols.find(({ name }) => name === this.#protocol);
        return { memberId: id, metadata: chosen?.metadata ?? NO_ASSIGNMENT };
      }),
    };
  }

  #keepAlive(member: Member): void {
    member.cancelSession();
    member.cancelSession = this.deps.schedule(member.sessionTimeoutMs, () => {
      // A member that waits for the others is not silent: it is us who owe it an answer.
      if (member.joining || member.syncing) this.#keepAlive(member);
      else this.#remove(member);
    });
  }

  #remove(member: Member): void {
    this.#forget(member);
    if (this.#state === 'PreparingRebalance') this.#completeIfAllJoined();
    else this.#rebalance();
  }

  #forget(member: Member): void {
    member.cancelSession();
    member.joining?.(refusedJoin(errors.UNKNOWN_MEMBER_ID, member.id));
    member.syncing?.(refusedSync(errors.UNKNOWN_MEMBER_ID));
    this.#members.delete(member.id);
    if (this.#leader === member.id) this.#leader = this.#members.keys().next().value ?? '';
  }

  #expireUnsynced(): void {
    for (const member of [...this.#members.values()]) if (!member.syncing) this.#forget(member);
    this.#rebalance();
  }

  #refuseSyncing(): void {
    for (const member of this.#members.values()) {
      this.#answerSync(member, refusedSync(errors.REBALANCE_IN_PROGRESS));
    }
  }

  /** From its answer on, the member is to be heard of again. */
  #answerSync(member: Member, result: SyncResult): void {
    if (!member.syncing) return;
    this.#keepAlive(member);
    member.syncing(result);
    member.syncing = undefined;
  }

  #dropPromise(memberId: string): void {
    this.#promised.get(memberId)?.();
    this.#promised.delete(memberId);
  }

  #restore(saved: GroupSnapshot): void {
    this.#generation = saved.generation;
    this.#protocolType = saved.protocolType;
    this.#protocol = saved.protocol;
    this.#leader = saved.leader;
    this.#state = saved.members.length > 0 ? 'Stable' : 'Empty';
    for (const state of saved.members) {
      const member: Member = {
        ...state,
        joining: undefined,
        syncing: undefined,
        cancelSession: () => undefined,
      };
      this.#members.set(member.id, member);
      this.#keepAlive(member);
    }
  }
}

function refusedJoin(errorCode: ErrorCode, memberId: string): JoinResult {
  return { errorCode, generationId: -1, protocolName: '', leaderId: '', memberId, members: [] };
}

function refusedSync(errorCode: ErrorCode): SyncResult {
  return { errorCode, assignment: NO_ASSIGNMENT };
}
