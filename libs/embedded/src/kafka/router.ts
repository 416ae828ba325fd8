import {
  createAcls,
  deleteAcls,
  describeAcls,
  saslAuthenticate,
  saslHandshake,
} from './api/access.handlers.js';
import { metadata, findCoordinator, initProducerId } from './api/cluster.handlers.js';
import { alterConfigs, describeConfigs, incrementalAlterConfigs } from './api/config.handlers.js';
import { deleteRecords } from './api/delete-records.handler.js';
import { fetch } from './api/fetch.handler.js';
import { deleteGroups, describeGroups, listGroups } from './api/group-admin.handlers.js';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './api/group-membership.handlers.js';
import { offsetCommit, offsetDelete, offsetFetch } from './api/group-offsets.handlers.js';
import { listOffsets } from './api/list-offsets.handler.js';
import { produce } from './api/produce.handler.js';
import { createPartitions, createTopics, deleteTopics } from './api/topic-admin.handlers.js';
import type { Broker, RequestContext } from './broker.js';
import { limits } from './limits.js';
import * as accessApi from './wire/access.api.js';
import * as clusterApi from './wire/cluster.api.js';
import {
  type Api,
  type Infer,
  MalformedRequest,
  nullableString,
  Reader,
  type ResponseOf,
  Writer,
} from './wire/codec.js';
import * as dataApi from './wire/data.api.js';
import { errors } from './wire/errors.js';
import * as groupApi from './wire/group.api.js';
import * as topicApi from './wire/topic.api.js';

type Handler<Request, Response> = (
  broker: Broker,
  request: Request,
  context: RequestContext,
) => Response | undefined | Promise<Response | undefined>;

interface Route {
  readonly key: number;
  readonly versions: readonly [min: number, max: number];
  /** Reads the request, does it, and writes the response; undefined when none is to be sent. */
  readonly run: (broker: Broker, reader: Reader, context: RequestContext) => Promise<Writer | undefined>;
}

function route<Request, Response>(api: Api<Request, Response>, handle: Handler<Request, Response>): Route {
  const run: Route['run'] = async (broker, reader, context) => {
    const request = api.request.read(reader, context.version);
    const response = await handle(broker, request, context);
    return response === undefined ? undefined : write(api.response, response, context.version);
  };
  return { key: api.key, versions: api.versions, run };
}

function write<T>(
  type: { write(writer: Writer, value: T, version: number): void },
  value: T,
  version: number,
): Writer {
  const writer = new Writer();
  type.write(writer, value, version);
  return writer;
}

/** Everything that the broker answers to. */
const routes: readonly Route[] = [
  route(clusterApi.apiVersions, () => spokenVersions(errors.NONE)),
  route(clusterApi.metadata, metadata),
  route(clusterApi.findCoordinator, findCoordinator),
  route(clusterApi.initProducerId, initProducerId),
  route(dataApi.produce, produce),
  route(dataApi.fetch, fetch),
  route(dataApi.listOffsets, listOffsets),
  route(dataApi.deleteRecords, deleteRecords),
  route(groupApi.joinGroup, joinGroup),
  route(groupApi.syncGroup, syncGroup),
  route(groupApi.heartbeat, heartbeat),
  route(groupApi.leaveGroup, leaveGroup),
  route(groupApi.offsetCommit, offsetCommit),
  route(groupApi.offsetFetch, offsetFetch),
  route(groupApi.offsetDelete, offsetDelete),
  route(groupApi.describeGroups, describeGroups),
  route(groupApi.listGroups, listGroups),
  route(groupApi.deleteGroups, deleteGroups),
  route(topicApi.createTopics, createTopics),
  route(topicApi.deleteTopics, deleteTopics),
  route(topicApi.createPartitions, createPartitions),
  route(topicApi.describeConfigs, describeConfigs),
  route(topicApi.alterConfigs, alterConfigs),
  route(topicApi.incrementalAlterConfigs, incrementalAlterConfigs),
  route(accessApi.describeAcls, describeAcls),
  route(accessApi.createAcls, createAcls),
  route(accessApi.deleteAcls, deleteAcls),
  route(accessApi.saslHandshake, saslHandshake),
  route(accessApi.saslAuthenticate, saslAuthenticate),
];

const routesByKey = new Map(routes.map((entry) => [entry.key, entry]));

function spokenVersions(errorCode: number): ResponseOf<typeof clusterApi.apiVersions> {
  const apis = routes.map(({ key, versions: [min, max] }) => ({ key, min, max }));
  return { errorCode, apis, throttleTimeMs: 0 };
}

type Sender = Pick<RequestContext, 'node' | 'clientHost' | 'gone'>;

/**
 * Does one request and returns the frame that answers it, or undefined when it wants none. A request or version that is not
 * spoken here is answered with the protocol's error for that; ApiVersions with the list of those that are, in the form of
 * version 0 that every client can read.
 *
 * @throws MalformedRequest when the bytes are no request: the connection is to be closed.
 */
export async function answer(broker: Broker, frame: Buffer, sender: Sender): Promise<Buffer[] | undefined> {
  const reader = new Reader(frame);
  const key = reader.int16();
  const version = reader.int16();
  const correlationId = reader.int32();
  if (key < 0 || version < 0) throw new MalformedRequest(`request ${key} in version ${version}`);

  const found = routesByKey.get(key);
  if (!found || version < found.versions[0] || version > found.versions[1]) {
    return refuse(key).frame(correlationId);
  }
  const clientId: Infer<typeof nullableString> = nullableString.read(reader, 0);
  const context = { version, clientId: (clientId ?? '').slice(0, limits.clientIdLetters), ...sender };
  const writer = await found.run(broker, reader, context);
  return writer?.frame(correlationId);
}

function refuse(key: number): Writer {
  if (key === clusterApi.apiVersions.key) {
    return write(clusterApi.apiVersions.response, spokenVersions(errors.UNSUPPORTED_VERSION), 0);
  }
  const writer = new Writer();
  writer.int16(errors.UNSUPPORTED_VERSION);
  return writer;
}
