import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { localeSchema, marketSchema } from './markets.js';
import { topics } from './topics.js';

/** Where a handle lives. `phone` values are E.164. */
export const channelSchema = z.enum(['phone', 'whatsapp', 'messenger', 'instagram', 'web']);
export type Channel = z.infer<typeof channelSchema>;

export const personIdSchema = z.uuid();

const personId = '01a1fdfa-4600-7000-8000-00000000a44a';
const source = '/identity';

export const personRegistered = defineEvent({
  type: 'com.florin.person.registered.v1',
  topic: topics.people.name,
  description: 'A person opened an account in a market. Their wallet is opened from this event.',
  data: z.object({ personId: personIdSchema, market: marketSchema, locale: localeSchema }),
  subject: (data) => `person/${data.personId}`,
  key: (data) => data.personId,
  example: {
    id: '01a1fdfa-4601-7000-8000-000000000001',
    source,
    data: { personId, market: 'it', locale: 'it' },
  },
});

export const handleLinked = defineEvent({
  type: 'com.florin.person.handle-linked.v1',
  topic: topics.people.name,
  description: 'A person linked a channel to their account; the handle itself is not published.',
  data: z.object({ personId: personIdSchema, channel: channelSchema }),
  subject: (data) => `person/${data.personId}`,
  key: (data) => data.personId,
  example: {
    id: '01a1fdfa-4602-7000-8000-000000000002',
    source,
    data: { personId, channel: 'whatsapp' },
  },
});
