import type { Person, ProblemDto } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { playCrowd } from './crowd.js';
import type { Scene, Story } from './scene.js';
import { formatMoney, type Transcript } from './transcript.js';

export async function playStory(scene: Scene): Promise<Story> {
  const friends = await playFriends(scene);
  const crowd = await playCrowd(scene);
  return {
    people: [...friends.people, ...crowd.people],
    payments: [...friends.payments, ...crowd.payments],
    fundings: friends.fundings + crowd.fundings,
  };
}

async function playFriends(scene: Scene): Promise<Story> {
  const { api, transcript } = scene;
  transcript.chapter('Three friends');
  const anna = await api.register({ name: 'Anna Rossi', phone: '+393331000001' });
  const bruno = await api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
  const carla = await api.register({ name: 'Carla Verdi', phone: '+393331000003', locale: 'en' });
  await carla.linkHandle('instagram', 'carla.verdi');
  transcript.say(
    'Anna, Bruno and Carla (@carla.verdi on Instagram) register in the Italian market and sign in.',
  );

  await anna.fund(20_000);
  await showBalance(transcript, anna, 20_000);

  const key = randomUUID();
  const pizza = {
    payee: { channel: 'phone', handle: bruno.phone },
    amount: { value: 1250, currency: 'EUR' },
    note: 'La pizza di ieri',
  };
  const first = await anna.pay(pizza, key);
  transcript.check(
    `Anna sends Bruno 12.50 EUR by phone number: "${pizza.note}"`,
    first.body.status === 'completed',
  );
  const again = await anna.pay(pizza, key);
  transcript.check('The same request sent twice is one payment', again.body.id === first.body.id);

  const coffee = await bruno.pay({
    payee: { channel: 'instagram', handle: '@carla.verdi' },
    amount: { value: 500, currency: 'EUR' },
    channel: 'instagram',
  });
  transcript.check('Bruno sends Carla 5.00 EUR by her Instagram handle', coffee.body.status === 'completed');

  await refuseTooMuch(transcript, carla, anna);
  await showBalance(transcript, anna, 18_750);
  await showBalance(transcript, bruno, 750);
  await showBalance(transcript, carla, 500);
  return {
    people: [anna, bruno, carla],
    payments: [
      { id: first.body.id, payer: anna, payee: bruno, value: 1250 },
      { id: coffee.body.id, payer: bruno, payee: carla, value: 500 },
    ],
    fundings: 1,
  };
}

async function refuseTooMuch(transcript: Transcript, carla: Person, anna: Person): Promise<void> {
  const refused = await carla.pay({
    payee: { channel: 'phone', handle: anna.phone },
    amount: { value: 50_000, currency: 'EUR' },
  });
  const problem = refused.body as unknown as ProblemDto;
  transcript.check(
    `Carla tries to send 500.00 EUR and is refused: "${problem.detail}"`,
    refused.status === 422 && problem.type.endsWith('/insufficient-funds'),
    JSON.stringify(refused.body),
  );
}

async function showBalance(transcript: Transcript, person: Person, expected: number): Promise<void> {
  const wallet = await person.balance();
  transcript.check(
    `${person.name} has ${formatMoney(wallet.balance.value)} (true at revision ${wallet.revision})`,
    wallet.balance.value === expected,
    `expected ${formatMoney(expected)}`,
  );
}
