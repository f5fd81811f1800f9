/**
 * Addresses of Kombo's API. Regions share nothing: a key and its integrations belong to one of them.
 * Source: the servers in Kombo's OpenAPI document, version 1.4.0.
 */
export const REGIONS = {
  EU: 'https://api.kombo.dev/v1',
  US: 'https://api.us.kombo.dev/v1',
  Canada: 'https://api.ca.kombo.dev/v1',
} as const;

/** The name of the region at an address; undefined for another address, for example a proxy of yours. */
export function regionOf(baseUrl: string): string | undefined {
  const host = URL.parse(baseUrl)?.host;
  return Object.entries(REGIONS).find(([, address]) => new URL(address).host === host)?.[0];
}

/** All regions with their addresses, to choose from. */
export const REGION_LIST = Object.entries(REGIONS)
  .map(([name, address]) => `${name} ${address}`)
  .join(', ');
