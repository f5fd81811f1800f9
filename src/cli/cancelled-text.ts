/** Which syncs were cancelled, as a line; none when none was. */
export function cancelledText(workflowIds: readonly string[]): string[] {
  return workflowIds.length > 0 ? [`Cancelled: ${workflowIds.join(', ')}.`] : [];
}
