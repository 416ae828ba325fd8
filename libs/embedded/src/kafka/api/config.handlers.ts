import type { Broker, BrokerNode, RequestContext } from '../broker.js';
import type { Topic } from '../storage/topic-store.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/topic.api.js';
import { once } from './once.js';
import { notStored, storing } from './storing.js';
import { brokerSettings, settingFault, topicSettings } from './topic-configs.js';

type Resource = RequestOf<typeof wire.describeConfigs>['resources'][number];
type DescribedResource = ResponseOf<typeof wire.describeConfigs>['resources'][number];
type AlteredResource = ResponseOf<typeof wire.alterConfigs>['resources'][number];
type Change = RequestOf<typeof wire.incrementalAlterConfigs>['resources'][number]['configs'][number];
type Configs = Readonly<Record<string, string>>;

const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;
const SOURCE_TOPIC = 1;
const SOURCE_DEFAULT = 5;
const SET = 0;
const DELETE = 1;

/** The settings of topics and of the broker, all or the named ones. */
export function describeConfigs(
  broker: Broker,
  request: RequestOf<typeof wire.describeConfigs>,
  { node }: Pick<RequestContext, 'node'>,
): ResponseOf<typeof wire.describeConfigs> {
  const asked = once(request.resources, keyOf);
  const resources = asked.map((resource) => describe(broker, node, resource));
  return { throttleTimeMs: 0, resources };
}

function keyOf({ type, name }: { type: number; name: string }): string {
  return `${type}:${name}`;
}

function describe(broker: Broker, node: BrokerNode, resource: Resource): DescribedResource {
  const { type, name } = resource;
  const topic = type === TOPIC_RESOURCE ? broker.topics.get(name) : undefined;
  const isBroker = type === BROKER_RESOURCE && name === String(node.nodeId);
  const base = { errorCode: errors.NONE, errorMessage: null, type, name, configs: [] };
  if (topic || isBroker) return { ...base, configs: describeSettings(resource, topic?.configs ?? {}) };
  if (type === TOPIC_RESOURCE) {
    return { ...base, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `no topic ${name}` };
  }
  return {
    ...base,
    errorCode: errors.INVALID_REQUEST,
    errorMessage: 'only topics, and brokers of themselves',
  };
}

function describeSettings(
  { type, configNames }: Resource,
  configs: Readonly<Record<string, string>>,
): DescribedResource['configs'] {
  const settings = Object.entries(type === TOPIC_RESOURCE ? topicSettings : brokerSettings);
  return settings
    .filter(([name]) => configNames === null || configNames.includes(name))
    .map(([name, setting]) => ({
      name,
      value: configs[name] ?? setting.value,
      readOnly: setting.accepts === undefined,
      isDefault: configs[name] === undefined,
      source: configs[name] === undefined ? SOURCE_DEFAULT : SOURCE_TOPIC,
      isSensitive: false,
      synonyms: [],
      type: setting.type,
      documentation: setting.documentation,
    }));
}

/** Replaces the settings of topics by those that are named. Those of the broker cannot be changed. */
export function alterConfigs(
  broker: Broker,
  request: RequestOf<typeof wire.alterConfigs>,
): ResponseOf<typeof wire.alterConfigs> {
  const asked = once(request.resources, keyOf);
  const resources = asked.map(({ type, name, configs }) => {
    const set = configs.map((config) => ({ ...config, operation: SET }));
    return alter(broker, { type, name }, request.validateOnly, () => changed({}, set));
  });
  return { throttleTimeMs: 0, resources };
}

/** Changes the named settings of topics and leaves the others as they are. */
export function incrementalAlterConfigs(
  broker: Broker,
  request: RequestOf<typeof wire.incrementalAlterConfigs>,
): ResponseOf<typeof wire.incrementalAlterConfigs> {
  const asked = once(request.resources, keyOf);
  const resources = asked.map(({ type, name, configs }) =>
    alter(broker, { type, name }, request.validateOnly, (topic) => changed(topic.configs, configs)),
  );
  return { throttleTimeMs: 0, resources };
}

function alter(
  broker: Broker,
  resource: { type: number; name: string },
  validateOnly: boolean,
  change: (topic: Topic) => Record<string, string> | string,
): AlteredResource {
  const answer = (errorCode: ErrorCode, errorMessage: string | null): AlteredResource => {
    return { errorCode, errorMessage, ...resource };
  };
  if (resource.type !== TOPIC_RESOURCE)
    return answer(errors.INVALID_REQUEST, 'only topics can be configured');
  const topic = broker.topics.get(resource.name);
  if (!topic) return answer(errors.UNKNOWN_TOPIC_OR_PARTITION, `no topic ${resource.name}`);
  const configs = change(topic);
  if (typeof configs === 'string') return answer(errors.INVALID_CONFIG, configs);
  if (validateOnly) return answer(errors.NONE, null);
  const errorCode = storing(broker, `topic ${topic.name}`, () => broker.topics.configure(topic, configs));
  return answer(errorCode, errorCode === errors.NONE ? null : notStored);
}

/** The settings after the changes, or what is wrong with these. */
function changed(before: Configs, changes: readonly Change[]): Record<string, string> | string {
  const fault = settingFault(
    changes.map(({ name, operation, value }) => ({ name, value: operation === DELETE ? null : value })),
  );
  if (fault) return fault;
  const after = new Map(Object.entries(before));
  for (const { name, operation, value } of changes) {
    if (operation > DELETE)
      return `${name} cannot be added to or taken from: it is no list that can be changed`;
    if (operation === DELETE || value === null) after.delete(name);
    else after.set(name, value);
  }
  return Object.fromEntries(after);
}
