/**
 * It cannot continue, and trying again would not help. `code` says why: `behind` (changes that it has not read are no longer in
 * the feed), `removed` (its name was removed while it ran), `stopped` (`onError` said so; `cause` has the error).
 */
export class ConsumerStopped extends Error {
  override name = 'ConsumerStopped';
  readonly code: 'behind' | 'removed' | 'stopped';

  constructor(code: ConsumerStopped['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
