import { handleMaxLength, type Channel } from '@florin/contracts';
import { normaliseHandle } from './handle.js';

describe('a handle', () => {
  it.each<[Channel, string, string]>([
    ['phone', '+39 347 123 4567', '+393471234567'],
    ['whatsapp', '+39 347 123 4567', '+393471234567'],
    ['instagram', '@Carla.Verdi_', 'carla.verdi_'],
    ['instagram', 'carla', 'carla'],
    ['messenger', 'Bruno.Rossi', 'bruno.rossi'],
    ['web', ' Anna@Shop.Example ', 'anna@shop.example'],
    ['web', 'x'.repeat(handleMaxLength), 'x'.repeat(handleMaxLength)],
  ])('on %s, %j is kept as %j', (channel, typed, kept) => {
    expect(normaliseHandle(channel, typed)).toBe(kept);
  });

  it.each<[Channel, string]>([
    ['phone', '347'],
    ['whatsapp', '@anna'],
    ['instagram', '@@carla'],
    ['instagram', 'càrla'],
    ['instagram', 'x'.repeat(31)],
    ['messenger', 'abc'],
    ['web', 'a b c'],
    ['web', 'x'.repeat(handleMaxLength + 1)],
    ['web', '+393471234567'],
    ['web', '393471234567'],
    ['web', '+39-347-123.4567'],
  ])('on %s, %j is refused', (channel, typed) => {
    expect(normaliseHandle(channel, typed)).toBeUndefined();
  });
});
