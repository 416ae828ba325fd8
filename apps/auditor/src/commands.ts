import { configJsonSchema } from '@florin/configuration';
import { auditorConfig } from './arguments.js';
import { checkpointsCommand } from './checkpoints-command.js';
import { command, type Command } from './command.js';
import { exportCommands } from './exports.js';
import { inquiries } from './inquiries.js';
import { liabilityCommands } from './liabilities.js';
import { proofCommands } from './proofs.js';
import { reportCommand } from './report/report-command.js';
import { snapshotsCommand } from './snapshots-command.js';
import { statementCommand } from './statements.js';
import { newKeyCommand, witnessCommand } from './witness-command.js';

const configCommand = command({
  name: 'config',
  syntax: 'config',
  words: [0, 0],
  about: 'the JSON Schema of the environment',
  details: ['Every variable that this command reads.'],
  options: {},
  at: { never: 'it is about no book' },
  progress: false,
  run: ({ json, out }) => {
    out(`${JSON.stringify(configJsonSchema(auditorConfig), null, json ? undefined : 2)}\n`);
    return Promise.resolve(0);
  },
});

/** All that the auditor can do: what is not here is no command. */
export const commands: readonly Command[] = [
  ...inquiries,
  statementCommand,
  reportCommand,
  ...exportCommands,
  checkpointsCommand,
  snapshotsCommand,
  ...liabilityCommands,
  ...proofCommands,
  witnessCommand,
  newKeyCommand,
  configCommand,
];
