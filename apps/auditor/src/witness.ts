import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  cosignNote,
  decideWitness,
  formatSignature,
  Malformed,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  type SignerKey,
  type VerifierKey,
  type WitnessDecision,
} from '@florin/proofs';
import type { WitnessFile } from './witness-state.js';

interface WitnessOptions {
  /** Of the algorithm cosignature/v1. */
  readonly signer: SignerKey;
  /** The keys of the logs that are watched; a log's name is that of its keys. */
  readonly logKeys: readonly VerifierKey[];
  readonly state: WitnessFile;
  readonly nowMs: () => number;
  /** Told of every answer: its status, and why. */
  readonly onAnswer: (status: number, text: string) => void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly reason: string;
}

/** How long a client may take to send its request. */
const requestMs = 10_000;
const maxConnections = 100;

/** A witness over HTTP (C2SP tlog-witness): POST /add-checkpoint. It signs no head that does not begin with the last one. */
export function witnessServer(options: WitnessOptions): Server {
  // One decision after the other, each on disk before it is answered: a slower one must not take the state back.
  let turn: Promise<unknown> = Promise.resolve();
  const answer = (body: Buffer): Promise<Answer> => {
    const next = turn.then(() => decide(options, body));
    turn = next.catch(() => undefined);
    return next;
  };
  const server = createServer(
    { requestTimeout: requestMs, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      respond(request, response, answer).then(
        ({ status, reason }) => options.onAnswer(status, reason),
        (error: unknown) => {
          options.onAnswer(500, String(error));
          if (!response.headersSent) response.writeHead(500);
          response.end();
        },
      );
    },
  );
  server.maxConnections = maxConnections;
  return server;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (body: Buffer) => Promise<Answer>,
): Promise<Answer> {
  const made = await answerTo(request, answer);
  response.writeHead(made.status, {
    'content-type': made.type ?? 'text/plain; charset=utf-8',
    connection: 'close',
  });
  response.end(made.body);
  return made;
}

async function answerTo(
  request: IncomingMessage,
  answer: (body: Buffer) => Promise<Answer>,
): Promise<Answer> {
  if (request.url !== '/add-checkpoint') return refusal(404, 'there is POST /add-checkpoint');
  if (request.method !== 'POST') return refusal(405, 'there is POST /add-checkpoint');
  const body = await bodyOf(request);
  return body === undefined ? refusal(413, `a request has at most ${MAX_REQUEST_BYTES} bytes`) : answer(body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function decide({ logKeys, nowMs, signer, state }: WitnessOptions, body: Buffer): Promise<Answer> {
  const { decided, origin } = decision(logKeys, state, body);
  if (decided.kind === 'refused') return refusal(decided.status, decided.reason);
  if (decided.kind === 'conflict') {
    // The body says where the witness stands, so that the log knows from where to prove.
    return { ...decided, body: `${decided.size}\n`, type: 'text/x.tlog.size' };
  }
  await state.save(origin, decided.state);
  const signature = cosignNote(decided.text, signer, Math.floor(nowMs() / 1_000));
  const reason = `${origin} at ${decided.state.size} is co-signed`;
  return { status: 200, body: formatSignature(signature), reason };
}

function decision(
  logKeys: readonly VerifierKey[],
  state: WitnessFile,
  body: Buffer,
): { decided: WitnessDecision; origin: string } {
  try {
    const request = parseAddCheckpoint(body);
    const { origin } = request;
    const keys = logKeys.filter(({ name }) => name === origin);
    const log = keys.length === 0 ? undefined : { origin, keys };
    return { decided: decideWitness(state.of(origin), request, log), origin };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { decided: { kind: 'refused', status: 400, reason: error.message }, origin: '' };
  }
}

function refusal(status: number, reason: string): Answer {
  return { status, body: `${reason}\n`, reason };
}
