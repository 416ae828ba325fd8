import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { messageText, type OutboundMessage } from './templates.js';

export interface SentMessage {
  readonly to: string;
  readonly text: string;
  readonly code: string | null;
  readonly createdAt: Date;
}

/** Messages hold phone numbers and codes, and nobody needs them once the codes have expired. */
export const messageTtlMs = 3_600_000;

/** Stores a message for delivery; gives its id. */
export async function storeMessage(
  manager: EntityManager,
  message: OutboundMessage,
  now: Date,
): Promise<string> {
  const id = uuidv7();
  await manager.query(
    `INSERT INTO outbound_messages (message_id, recipient, template, text, code, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, message.to, message.template, messageText(message), message.params.code, now],
  );
  return id;
}

/** The newest messages to a number, newest first. */
export async function messagesTo(manager: EntityManager, to: string, limit: number): Promise<SentMessage[]> {
  return manager.query<SentMessage[]>(
    `SELECT recipient AS "to", text, code, created_at AS "createdAt" FROM outbound_messages
     WHERE recipient = $1 ORDER BY created_at DESC, message_id DESC LIMIT $2`,
    [to, limit],
  );
}

/** Removes messages made before a moment, at most 10,000 at a time. */
export async function deleteMessagesBefore(manager: EntityManager, before: Date): Promise<void> {
  await manager.query(
    `DELETE FROM outbound_messages WHERE message_id IN
       (SELECT message_id FROM outbound_messages WHERE created_at < $1 LIMIT 10000 FOR UPDATE SKIP LOCKED)`,
    [before],
  );
}
