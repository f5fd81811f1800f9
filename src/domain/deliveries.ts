/** The outcome of a delivery that is answered with 200. */
export const DELIVERY_OUTCOMES = [
  'accepted',
  'ignored',
  /** A legacy webhook, while LEGACY_WEBHOOKS is off. */
  'legacy-off',
] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** Superseded by `data-changed`: https://docs.kombo.dev/ats/guides/data-changed-migration */
export const LEGACY_TYPES = ['sync-finished', 'remote-event-received'] as const;

export const isLegacy = (type: string) => LEGACY_TYPES.some((legacy) => legacy === type);

/** Whether legacy webhooks start syncs: the setting LEGACY_WEBHOOKS. */
export const LEGACY_MODES = ['on', 'off'] as const;
export type LegacyMode = (typeof LEGACY_MODES)[number];
