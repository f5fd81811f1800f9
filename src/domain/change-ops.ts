/** What has become of a row, as the change feed calls it. */
export const CHANGE_OPS = ['created', 'updated', 'deleted', 'restored', 'erased'] as const;
export type ChangeOp = (typeof CHANGE_OPS)[number];
