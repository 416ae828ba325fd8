import { randomUUID } from 'node:crypto';
import { encodeFrame } from '../grpc/frames.js';
import type { Handler } from '../grpc/grpc.server.js';
import { clusterInfo, supportedMethods } from '../protocol/messages.js';

/** The version whose protocol is spoken; clients read it as three numbers and choose their ways by it. */
const VERSION = '24.10.0';
const LEADER = 8;

/**
 * ServerFeatures/GetSupportedMethods
 * @param paths of methods
 * @param withFeatures the features of others
 */
export function getSupportedMethods(
  paths: readonly string[],
  withFeatures: Readonly<Record<string, readonly string[]>>,
): Handler {
  const all: [string, readonly string[]][] = [
    ...paths.map((path): [string, readonly string[]] => [path, []]),
    ...Object.entries(withFeatures),
  ];
  const methods = all.map(([path, features]) => {
    const [, serviceName = '', methodName = ''] = path.toLowerCase().split('/');
    return { serviceName, methodName, features };
  });
  const response = encodeFrame(supportedMethods, { methods, eventStoreServerVersion: VERSION });
  return async (call) => {
    await call.request();
    call.send(response);
  };
}

/** Gossip/Read: a cluster of this node alone, for clients that look for the leader first. */
export function readGossip(endPoint: () => { address: string; port: number }): Handler {
  const instanceId = { text: Buffer.from(randomUUID()) };
  return async (call) => {
    await call.request();
    const timeStamp = BigInt(Date.now()) * 10_000n;
    call.send(
      encodeFrame(clusterInfo, {
        members: [{ instanceId, timeStamp, state: LEADER, isAlive: true, httpEndPoint: endPoint() }],
      }),
    );
  };
}
