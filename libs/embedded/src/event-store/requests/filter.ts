import { createContext, Script } from 'node:vm';
import { requestLimits } from '../limits.js';
import { StatusCode, StatusError } from '../grpc/status.js';
import type { FilterOptions } from '../protocol/messages.js';
import type { EventIndex } from '../storage/event-index.js';
import type { EventFilter } from '../storage/event-reader.js';

/** EventStoreDB's window when the client names none. */
const DEFAULT_WINDOW_EVENTS = 32;
const MATCH = new Script('pattern.test(name)');

/**
 * A filter by stream name or event type. Each name is tried once: the verdict is kept, so that a large log costs
 * no more than its names.
 * @throws StatusError (invalid argument)
 */
export function eventFilter(index: EventIndex, options: FilterOptions): EventFilter {
  const { streamIdentifier, eventType } = options;
  const matches = nameMatcher(streamIdentifier ?? eventType ?? {});
  const verdicts: (boolean | undefined)[] = [];
  if (streamIdentifier !== undefined) {
    return (sequence) => {
      const { id, name } = index.stream(sequence);
      return (verdicts[id] ??= matches(name));
    };
  }
  return (sequence) => {
    const id = index.typeId(sequence);
    return (verdicts[id] ??= matches(index.typeName(id)));
  };
}

/** After how many events looked at a filtered subscription tells how far it has come. */
export function checkpointEvents({ max, checkpointIntervalMultiplier }: FilterOptions): number {
  return Math.max(1, (max ?? DEFAULT_WINDOW_EVENTS) * (checkpointIntervalMultiplier ?? 1));
}

function nameMatcher({
  regex,
  prefix = [],
}: {
  regex?: string;
  prefix?: string[];
}): (name: string) => boolean {
  if (prefix.length > requestLimits.filterPrefixes) {
    throw new StatusError(
      StatusCode.invalidArgument,
      `A filter may have ${requestLimits.filterPrefixes} prefixes.`,
    );
  }
  if (regex === undefined || regex === '') return (name) => prefix.some((start) => name.startsWith(start));
  const pattern = compile(regex);
  return mayTakeLong(regex) ? guarded(pattern) : (name) => pattern.test(name);
}

/** Only where repetitions, options and alternatives meet do the ways to match a name multiply. */
function mayTakeLong(regex: string): boolean {
  return (regex.match(/[*+?{|]/g) ?? []).length > 1;
}

/** Tries names for a limited time: nobody else is served meanwhile. */
function guarded(pattern: RegExp): (name: string) => boolean {
  const context = createContext({ pattern, name: '' });
  const timeout = requestLimits.filterMatchMs;
  return (name) => {
    context['name'] = name;
    try {
      return MATCH.runInContext(context, { timeout }) as boolean;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const message = `The filter's regular expression takes more than ${timeout} ms for one name.`;
      throw new StatusError(StatusCode.invalidArgument, message);
    }
  };
}

function compile(regex: string): RegExp {
  try {
    return new RegExp(regex, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StatusError(
      StatusCode.invalidArgument,
      `The filter's regular expression is not valid: ${reason}`,
    );
  }
}
