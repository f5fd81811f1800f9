/** A workflow of your own that kombo-sync signals after changes (CHANGES_SIGNAL); changes-worker.ts runs it. */
import { defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { TableChanged } from 'kombo-sync/consumer';

interface Activities {
  handleChanges(table: string, upTo: number): Promise<void>;
}

const { handleChanges } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
});

const tableChanged = defineSignal<[TableChanged]>('tableChanged');

/** One runs for each table, and ends when nothing is left: the next signal starts it again. */
export async function onChanges({ table, upTo: first }: TableChanged): Promise<void> {
  let wanted = first;
  let done = 0;
  setHandler(tableChanged, ({ upTo }) => {
    wanted = Math.max(wanted, upTo);
  });
  // A signal that comes while an activity runs is served by the next one; several are folded.
  while (done < wanted) {
    const upTo = wanted;
    await handleChanges(table, upTo);
    done = upTo;
  }
}
