/** Where the auditor reads and writes. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Answers. */
  readonly out: (text: string) => void;
  /** Findings, errors and progress. */
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal, where a progress bar can be drawn. */
  readonly terminal: boolean;
  /** Resolves when a command that would go on for ever is to end. */
  readonly untilStopped: () => Promise<unknown>;
}

/** 0 all is well, 1 a finding, 2 wrong use, 3 not finished: no answer from the event store. */
export type ExitCode = 0 | 1 | 2 | 3;
