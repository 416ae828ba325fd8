import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { commandLine, commandLineConfig, WrongUse } from '@florin/configuration';
import { generateKey, isKeyName, SignerKey } from '@florin/proofs';
import { z } from 'zod';
import { auditorConfig, keyOf } from './arguments.js';
import type { ExitCode, Surroundings } from './surroundings.js';
import { WitnessFile } from './witness-state.js';
import { witnessServer } from './witness.js';

/** Runs `witness` until it is stopped. Throws WrongUse. */
export async function runWitness(
  args: readonly string[],
  { env, err, out, untilStopped }: Surroundings,
): Promise<ExitCode> {
  const { positionals, values } = commandLine(args, {
    key: { type: 'string', multiple: true },
    state: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
  });
  const { key = [], host, port, state } = values;
  if (positionals.length > 0 || state === undefined || key.length === 0) {
    throw new WrongUse('Say witness --state <file> --key <public key of a ledger>, once per key');
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new WrongUse(`"${port}" is not a port`);
  const signer = witnessKey(env);
  const server = witnessServer({
    signer,
    logKeys: key.map(keyOf),
    state: WitnessFile.read(state),
    nowMs: Date.now,
    onAnswer: (status, text) => err(`${status} ${text}\n`),
  });
  server.listen(Number(port), host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new WrongUse(`The witness cannot listen: ${(error as Error).message}`, { cause: error });
  });
  const address = server.address() as AddressInfo;
  out(
    `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}\n${signer}\n`,
  );
  await untilStopped();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  return 0;
}

function witnessKey(env: NodeJS.ProcessEnv): SignerKey {
  const { WITNESS_SIGNING_KEY } = auditorConfig.shape;
  const text = commandLineConfig(z.object({ WITNESS_SIGNING_KEY }), env).WITNESS_SIGNING_KEY;
  if (text !== undefined) return SignerKey.parse(text);
  throw new WrongUse(
    'With which key? Set WITNESS_SIGNING_KEY, or the file WITNESS_SIGNING_KEY_FILE; new-key <name> --witness makes one',
  );
}

/** Runs `new-key`: the secret is the answer, its public part is told beside it. Throws WrongUse. */
export function newKey(args: readonly string[], { err, out }: Surroundings): Promise<ExitCode> {
  const { positionals, values } = commandLine(args, { witness: { type: 'boolean' } });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0 || !isKeyName(name)) {
    throw new WrongUse('Say new-key <name>: without spaces and pluses, such as florin.example/ledger');
  }
  const key = generateKey(name, values.witness === true ? 'cosignature/v1' : 'ed25519');
  out(`${key.reveal()}\n`);
  err(`Keep that line secret. The public key is ${key}\n`);
  return Promise.resolve(0);
}
