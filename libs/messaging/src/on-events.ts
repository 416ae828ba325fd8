import type { CloudEvent, EventOf, TopicName } from '@florin/contracts';
import { Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { z } from 'zod';

/** Second argument of a handler. */
export interface BatchContext {
  readonly topic: string;
  readonly partition: number;
  /** Aborted when the partition is taken away or the service stops: long waits should end by throwing. */
  readonly signal: AbortSignal;
}

/** What `OnEvents` needs of a contract; every `EventDefinition` fits. */
export interface AnyDefinition {
  readonly type: string;
  readonly topic: TopicName;
  readonly data: z.ZodType;
}

/** What `OnEvents` tells the server, through Nest's extras. */
export interface HandlerExtras {
  readonly definitions: readonly AnyDefinition[];
}

export const extrasKey = 'florin';

type HandlerDecorator<Event extends CloudEvent> = <
  Handler extends (events: Event[], context: BatchContext) => Promise<void>,
>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

/**
 * Handles the events of `definitions` on a topic: `(events, context) => Promise<void>`, where `events` are of one
 * partition, in order, each checked against its contract. It must do all or nothing (one transaction, `onceOnly`
 * first), since the same events come again after a failure or a crash.
 *
 * Types of the topic that a contract names and `definitions` leaves out are skipped: not handling them is this
 * consumer's decision. A type that no contract names is from a newer producer or a mistake, and nobody decided
 * anything: it moves to the dead letter, where it is kept for somebody to look at.
 */
export function OnEvents<const Definitions extends readonly AnyDefinition[]>(
  topic: TopicName,
  definitions: Definitions,
): HandlerDecorator<EventOf<Definitions[number]>> {
  const foreign = definitions.find((definition) => definition.topic !== topic);
  if (foreign !== undefined) throw new Error(`${foreign.type} is not an event of ${topic}`);
  const extras: HandlerExtras = { definitions };
  const pattern = EventPattern<string>(topic, { [extrasKey]: extras });
  const filters = UseFilters(PassErrorsOn);
  return (target, name, descriptor) => {
    pattern(target, name, descriptor);
    filters(target, name, descriptor);
    // Nest hands over the payload alone unless parameters say what they are.
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
  };
}

/** Nest turns errors of handlers into "Internal server error"; the retry policy needs to see them as they are. */
@Catch()
class PassErrorsOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
