import type { ErrorCode } from '../wire/errors.js';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  /** From version 4 on a new member is first given its id and joins with it. */
  readonly idFirst: boolean;
}

export interface JoinResult {
  readonly errorCode: ErrorCode;
  readonly generationId: number;
  readonly protocolName: string;
  readonly leaderId: string;
  readonly memberId: string;
  /** For the leader: everybody with what they subscribe to; empty for the others. */
  readonly members: Array<{ memberId: string; metadata: Buffer }>;
}

export interface SyncResult {
  readonly errorCode: ErrorCode;
  readonly assignment: Buffer;
}

/** What is kept of a member over a restart. */
export interface MemberState {
  readonly id: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocols: readonly Protocol[];
  readonly assignment: Buffer;
}

export interface GroupSnapshot {
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string;
  readonly leader: string;
  readonly members: readonly MemberState[];
}

export interface GroupDeps {
  /** Runs `task` once after `ms`; returns how to cancel. */
  readonly schedule: (ms: number, task: () => void) => () => void;
  readonly newMemberId: (clientId: string) => string;
  /** Called whenever a generation is settled: with assignments, or without members. */
  readonly save: (snapshot: GroupSnapshot) => void;
}
