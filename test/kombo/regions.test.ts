import { describe, expect, test } from 'vitest';
import { REGIONS, regionOf } from '../../src/kombo/regions.ts';

describe('the region of a URL', () => {
  test.each(Object.entries(REGIONS))('is %s for %s, with or without a slash', (region, address) => {
    expect(regionOf(address)).toBe(region);
    expect(regionOf(`${address}/`)).toBe(region);
  });

  test.each(['http://127.0.0.1:3001/v1', 'https://api.kombo.dev.example.com/v1', 'nothing'])(
    'is unknown for %s',
    (address) => {
      expect(regionOf(address)).toBeUndefined();
    },
  );
});
