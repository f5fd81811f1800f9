import type { Notice } from '../../src/http/webhooks/gathered.ts';

interface Sent {
  notice: Notice;
  finish: () => void;
  fail: (error: Error) => void;
}

/** A send whose outcome the test decides. */
export function controlledSend() {
  const sent: Sent[] = [];
  const waiting: (() => void)[] = [];
  return {
    sent,
    send: (notice: Notice) =>
      new Promise<void>((resolve, reject) => {
        sent.push({ notice, finish: resolve, fail: reject });
        for (const wake of waiting.splice(0)) wake();
      }),
    /** Resolves when the send with this number has started. */
    started: async (number: number): Promise<Sent> => {
      while (sent.length < number) await new Promise<void>((wake) => waiting.push(wake));
      return sent[number - 1]!;
    },
  };
}

export const notice = (integrationId: string, ...models: string[]): Notice => ({ integrationId, models });
export const settled = <T>(promise: Promise<T>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
/** Lets everything that is ready in this turn of the event loop happen. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
