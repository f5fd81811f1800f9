import { isThisMachine } from '../../config-values.ts';
import { buildCodecServer } from '../../http/codec-server.ts';
import { payloadCodecs } from '../../temporal/payloads/codecs.ts';
import type { Context } from '../support/context.ts';
import { EXIT, failed, wrongUse, type ExitCode } from '../support/errors.ts';
import { bounded, untilAborted } from '../support/long-running.ts';

export interface CodecServerChoice {
  host: string;
  port: number;
  origin?: string[];
}

const STOP_BOUND_MS = 5_000;
const DEVELOPMENT_UI = 'http://localhost:8233';

export async function handle(context: Context, choice: CodecServerChoice): Promise<ExitCode> {
  const stop = context.stopSignal();
  const { CODEC_SERVER_TOKEN: token, TEMPORAL_UI_URL: ui = DEVELOPMENT_UI } = context.config;
  const { host, port, origin: origins = [new URL(ui).origin] } = choice;
  if (token === undefined && !isThisMachine(host)) {
    throw wrongUse(
      `Without a token, everything that reaches ${host} could read what is encrypted. Set CODEC_SERVER_TOKEN, for example to the output of: openssl rand -hex 24. Or leave --host out.`,
    );
  }
  const codecs = await payloadCodecs(context.config);
  if (codecs.length === 0) {
    throw failed(
      'Nothing is encrypted here: set TEMPORAL_PAYLOAD_CODEC and TEMPORAL_PAYLOAD_KEYS as for serve and worker.',
    );
  }
  const app = buildCodecServer({ codecs, token, origins });
  await app.listen({ host, port }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw failed(`Cannot listen on ${host}, port ${port}: ${reason}. Take others by --host and --port.`);
  });
  const address = app.server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  context.print({ url, origins }, () => `Decodes for ${origins.join(', ')} on ${url}`);
  await untilAborted(stop);
  return (await bounded(STOP_BOUND_MS, app.close())) ? EXIT.done : EXIT.failed;
}
