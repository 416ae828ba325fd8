import { setTimeout as sleep } from 'node:timers/promises';
import { World } from './world.fixture.spec.js';

describe('the gateway streams', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    world.seen.length = 0;
  });

  it('events as they come, one by one, and tells the service when the client leaves', async () => {
    const left = new Promise<void>((resolve) => {
      world.behind.handle = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: 1\n\n');
        send = (text) => response.write(text);
        response.on('close', resolve);
      };
    });
    let send: (text: string) => void = () => undefined;
    const client = new AbortController();
    const response = await fetch(`${world.url}/v1/notifications/stream`, {
      headers: { authorization: `Bearer ${await world.token()}`, 'last-event-id': '7' },
      signal: client.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('data: 1\n\n');
    send('data: 2\n\n');
    expect((await reader.read()).value).toBe('data: 2\n\n');
    expect(world.seen[0]!.headers['last-event-id']).toBe('7');
    client.abort();
    await left;
  });

  it('whose client leaves before they begin are no failure', async () => {
    const before = world.log.length;
    const client = new AbortController();
    world.behind.handle = () => client.abort();
    const response = fetch(`${world.url}/v1/notifications/stream`, {
      headers: { authorization: `Bearer ${await world.token()}` },
      signal: client.signal,
    });
    await expect(response).rejects.toThrow('aborted');
    const lines = () => world.log.slice(before).map((line) => JSON.parse(line) as { level: string });
    while (lines().length === 0) await sleep(10);
    await sleep(50);
    expect(lines()).toEqual([expect.objectContaining({ level: 'info', msg: 'request', status: 499 })]);
  });

  it('end when the gateway stops, so that the client can come back elsewhere', async () => {
    const stopping = await World.start();
    stopping.behind.handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    };
    const response = await fetch(`${stopping.url}/v1/notifications/stream`, {
      headers: { authorization: `Bearer ${await stopping.token()}` },
    });
    await stopping.stop();
    expect(await response.text()).toBe('data: 1\n\n');
  });
});
