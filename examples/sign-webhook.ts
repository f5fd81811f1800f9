/**
 * Sends a data-changed webhook by hand, signed as Kombo signs it.
 *
 *   KOMBO_WEBHOOK_SECRETS=… npx node examples/sign-webhook.ts <integration id> <model>[,<model>…] [url]
 *
 * The same with openssl and curl, for a body in $BODY:
 *
 *   SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -binary | basenc --base64url | tr -d =)
 *   curl -i -H "content-type: application/json" -H "x-kombo-signature: $SIGNATURE" -d "$BODY" "$URL"
 */
import { createHmac, randomUUID } from 'node:crypto';

const [integrationId, models, url = 'http://localhost:3000/webhooks/kombo'] = process.argv.slice(2);
const secret = process.env['KOMBO_WEBHOOK_SECRETS']?.split(',')[0]?.trim();
if (!integrationId || !models || !secret) {
  process.stderr.write(
    'Usage: KOMBO_WEBHOOK_SECRETS=… npx node examples/sign-webhook.ts <integration id> <model>[,<model>…] [url]\n',
  );
  process.exit(2);
}

const body = JSON.stringify({
  id: randomUUID(),
  type: 'data-changed',
  data: {
    integration_id: integrationId,
    // Integration ids begin with the tool. kombo-sync does not rely on these two fields.
    integration_tool: integrationId.split(':')[0],
    integration_category: models.split('_')[0]!.toUpperCase(),
    changed_models: models.split(',').map((name) => ({ name })),
  },
});

const response = await fetch(url, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    // HMAC-SHA256 over the exact bytes of the body, base64url without padding.
    'x-kombo-signature': createHmac('sha256', secret).update(body).digest('base64url'),
  },
  body,
});
process.stdout.write(`${response.status} ${await response.text()}\n`);
process.exitCode = response.ok ? 0 : 1;
