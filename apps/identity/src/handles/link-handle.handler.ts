import type { Channel } from '@florin/contracts';
import { writeOutbox, type Transact } from '@florin/messaging';
import { v7 as uuidv7 } from 'uuid';
import { handleLinkedEvent } from '../events.js';
import { handlesPerPerson } from './handle.js';
import { deleteHandle, handlesOf, insertHandle, lockPerson, type Handle } from './handle.store.js';

interface Deps {
  readonly transact: Transact;
  readonly now: () => Date;
}

export type LinkHandle = ReturnType<typeof linkHandle>;
export type UnlinkHandle = ReturnType<typeof unlinkHandle>;

/**
 * Links a handle in its normal form to a person. A WhatsApp number must be the phone number that the person has proved:
 * a foreign one, linked before its owner comes, would receive the owner's money. Other handles are taken on trust, until
 * the channels themselves are connected and can carry a code.
 */
export const linkHandle =
  ({ transact, now }: Deps) =>
  (command: {
    personId: string;
    channel: Exclude<Channel, 'phone'>;
    handle: string;
  }): Promise<Handle | 'person-unknown' | 'handle-unproved' | 'handle-taken' | 'handles-too-many'> =>
    transact(async (manager) => {
      const { personId, channel, handle } = command;
      const linked = { id: uuidv7(), channel, handle };
      const at = now();
      if (!(await lockPerson(manager, personId))) return 'person-unknown';
      const handles = await handlesOf(manager, personId);
      if (channel === 'whatsapp' && !hasProved(handles, handle)) return 'handle-unproved';
      if (handles.length >= handlesPerPerson) return 'handles-too-many';
      if (!(await insertHandle(manager, { ...linked, personId }, at))) return 'handle-taken';
      await writeOutbox(manager, [handleLinkedEvent({ personId, channel }, at)]);
      return linked;
    });

/** Whether a number is the one that its owner signs in with. */
const hasProved = (handles: readonly Handle[], phone: string): boolean =>
  handles.some(({ channel, handle }) => channel === 'phone' && handle === phone);

/** Removes one of a person's handles; the phone number stays, it is what they sign in with. */
export const unlinkHandle =
  ({ transact }: Pick<Deps, 'transact'>) =>
  (command: { personId: string; id: string }): Promise<'unlinked' | 'handle-unknown' | 'handle-needed'> =>
    transact(async (manager) => {
      await lockPerson(manager, command.personId);
      const handle = (await handlesOf(manager, command.personId)).find(({ id }) => id === command.id);
      if (handle === undefined) return 'handle-unknown';
      if (handle.channel === 'phone') return 'handle-needed';
      await deleteHandle(manager, handle.id);
      return 'unlinked';
    });
