import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { commandLineConfig, WrongUse } from '@florin/configuration';
import { generateKey, isKeyName, SignerKey } from '@florin/proofs';
import { z } from 'zod';
import { auditorConfig, keyOf, keyOption } from './arguments.js';
import { command, type Call } from './command.js';
import type { ExitCode } from './surroundings.js';
import { WitnessFile } from './witness-state.js';
import { witnessServer } from './witness.js';

const witnessOptions = {
  state: {
    type: 'string',
    takes: '<file>',
    about: 'what was signed last of each log; made where it is not there',
  },
  key: { ...keyOption, about: 'of a log that is watched, once per key' },
  host: { type: 'string', takes: '<address>', default: '127.0.0.1', about: 'default: 127.0.0.1' },
  port: { type: 'string', takes: '<port>', default: '0', about: 'default: a free one' },
} as const;

export const witnessCommand = command({
  name: 'witness',
  syntax: 'witness --state <file> --key <public key> …',
  words: [0, 0],
  about: 'co-sign heads over HTTP, until it is stopped',
  details: [
    'A witness (C2SP tlog-witness) signs no head that does not continue the last one that it has signed.',
    'Its key is WITNESS_SIGNING_KEY, or in the file WITNESS_SIGNING_KEY_FILE: new-key <name> --witness makes one.',
  ],
  options: witnessOptions,
  at: { never: 'it signs what it is shown from now on' },
  progress: false,
  run: witness,
});

async function witness(call: Call<typeof witnessOptions>): Promise<ExitCode> {
  const { env, err, json, out, untilStopped } = call;
  const { key = [], host, port, state } = call.values;
  if (state === undefined || key.length === 0) {
    throw new WrongUse('Say witness --state <file> --key <public key of a ledger>, once per key');
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new WrongUse(`"${port}" is not a port`);
  const signer = witnessKey(env);
  const logKeys = key.map(keyOf);
  const file = WitnessFile.open(state);
  const server = witnessServer({
    signer,
    logKeys,
    state: file,
    nowMs: Date.now,
    onAnswer: (status, text) => err(json ? `${JSON.stringify({ status, text })}\n` : `${status} ${text}\n`),
  });
  server.listen(Number(port), host);
  await once(server, 'listening').catch((error: unknown) => {
    file.close();
    throw new WrongUse(`The witness cannot listen: ${(error as Error).message}`, { cause: error });
  });
  const address = server.address() as AddressInfo;
  const host6 = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const url = `http://${host6}:${address.port}`;
  out(json ? `${JSON.stringify({ url, key: signer })}\n` : `${url}\n${signer}\n`);
  await untilStopped();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  file.close();
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

const newKeyOptions = {
  witness: { type: 'boolean', about: 'the key of a witness' },
} as const;

export const newKeyCommand = command({
  name: 'new-key',
  syntax: 'new-key <name>',
  words: [1, 1],
  about: 'a key that signs heads, or co-signs them',
  details: ['The secret is the answer; the public key is told beside it.'],
  options: newKeyOptions,
  at: { never: 'a key has no history' },
  progress: false,
  run: newKey,
});

function newKey({ err, json, out, values, words }: Call<typeof newKeyOptions>): Promise<ExitCode> {
  const [name = ''] = words;
  if (!isKeyName(name)) {
    throw new WrongUse('Say new-key <name>: without spaces and pluses, such as florin.example/ledger');
  }
  const key = generateKey(name, values.witness === true ? 'cosignature/v1' : 'ed25519');
  const secret = key.reveal();
  out(json ? `${JSON.stringify({ secret, key })}\n` : `${secret}\n`);
  err(`Keep that line secret. The public key is ${key}\n`);
  return Promise.resolve(0);
}
