import { EventStreamReader, type Message, type Person } from '@florin/testing';
import { setTimeout as sleep } from 'node:timers/promises';

const retryMs = 200;

/** Listens to what somebody is told, as a browser's EventSource does: where the stream breaks it goes on after the last event. */
export class Follower {
  private readonly messages: Message[] = [];
  private readonly counts = new Map<string, number>();
  private stream: EventStreamReader | undefined;
  /** How many events of the open stream are in `messages`. */
  private taken = 0;
  private closing = false;
  private readonly following: Promise<void>;

  constructor(
    private readonly gatewayUrl: string,
    private person: Person,
  ) {
    this.following = this.follow();
  }

  /** They have signed in again: from the next connection on with the new token. */
  renew(person: Person): void {
    this.person = person;
  }

  /** Everything that came so far, in order. */
  told(): readonly Message[] {
    for (const { data } of this.stream?.events.slice(this.taken) ?? []) {
      const message = JSON.parse(data) as Message;
      this.messages.push(message);
      this.taken += 1;
      const key = keyOf(message);
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
    return this.messages;
  }

  /** How often this came. */
  timesTold(message: Message): number {
    this.told();
    return this.counts.get(keyOf(message)) ?? 0;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.stream?.close();
    await this.following;
  }

  private async follow(): Promise<void> {
    for (let lastId = '0'; !this.closing; await sleep(retryMs)) {
      const stream = await this.open(lastId);
      if (stream === undefined) continue;
      this.taken = 0;
      this.stream = stream;
      if (this.closing) await stream.close();
      await stream.ended;
      this.told();
      lastId = stream.events.at(-1)?.id ?? lastId;
      this.stream = undefined;
    }
  }

  private async open(lastId: string): Promise<EventStreamReader | undefined> {
    try {
      return await EventStreamReader.open(`${this.gatewayUrl}/v1/notifications/stream`, {
        authorization: `Bearer ${this.person.token}`,
        'last-event-id': lastId,
      });
    } catch {
      // The gateway or who is behind it is away: that is what happens here.
      return undefined;
    }
  }
}

function keyOf({ paymentId, kind }: Message): string {
  return `${paymentId} ${kind}`;
}
