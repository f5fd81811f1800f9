import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/*
 * The driver copies every parameter into a message that grows while it is written. For a page of records that is several times
 * its size in new memory, and a copy each time. Large values go to the socket as they are instead.
 */

interface BindConfig {
  values?: unknown[];
}

/** The driver's own way to send a message. */
const SEND = '_send';

interface Connection {
  bind: (config: BindConfig) => void;
  [SEND]: (message: Buffer) => boolean;
}

/** Below this a copy costs less. */
const LARGE = 32 * 1024;
/** Takes the place of a value while the driver writes the message, which is then cut there. */
const MARK = randomBytes(32);

/** Lets the statements of a connection send one large binary parameter without copying it. */
export function sendLargeValues(client: pg.ClientBase): void {
  const { connection } = client as unknown as { connection: Connection };
  const bind = connection.bind.bind(connection);
  const send = connection[SEND].bind(connection);
  connection.bind = (config) => {
    const large = config.values?.findIndex((value) => Buffer.isBuffer(value) && value.length >= LARGE) ?? -1;
    if (large === -1) {
      bind(config);
      return;
    }
    const value = config.values![large] as Buffer;
    const message = written(connection, () => bind({ ...config, values: config.values!.with(large, MARK) }));
    const at = message.indexOf(MARK);
    // The length of the value stands before it, that of the message behind its first byte and without that.
    message.writeInt32BE(value.length, at - 4);
    message.writeInt32BE(message.readInt32BE(1) + value.length - MARK.length, 1);
    send(message.subarray(0, at));
    send(value);
    send(message.subarray(at + MARK.length));
  };
}

/** The message that the driver would send. */
function written(connection: Connection, write: () => void): Buffer {
  const send = connection[SEND];
  let message: Buffer | undefined;
  connection[SEND] = (one) => {
    message = one;
    return true;
  };
  try {
    write();
  } finally {
    connection[SEND] = send;
  }
  return message!;
}
