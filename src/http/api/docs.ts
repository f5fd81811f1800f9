import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Addresses } from '../addresses.ts';
import { tidy } from './openapi.ts';

const DESCRIPTION = `See how integrations are doing, and act on them. Needs ADMIN_TOKEN as bearer token.

Errors are problems of RFC 9457. Lists are read page by page: give \`next\` of an answer as \`cursor\` of the next request. A parameter that an operation does not list is refused (400).`;

/** What Swagger UI needs. Its own policy would make browsers use https, which only a proxy offers. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

const DOCS_PATH = '/api/docs';

/** OpenAPI of the admin API at /api/docs. Only routes with a tag are shown. */
export const docs = (addresses: Addresses) =>
  fp(
    async (app) => {
      await app.register(swagger, {
        hideUntagged: true,
        openapi: {
          openapi: '3.1.0',
          info: { title: 'kombo-sync admin API', description: DESCRIPTION, version: '1' },
          tags: [
            {
              name: 'integrations',
              description: 'List, inspect, add, set and remove integrations',
            },
            { name: 'acts', description: 'Syncs, pauses and cancellations by hand' },
            { name: 'history', description: 'What was read, and what was unusual about it' },
            { name: 'reports', description: 'Reports across all integrations' },
            { name: 'consumers', description: 'What reads the change feed under a name' },
          ],
          components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
          security: [{ token: [] }],
        },
        transform: jsonSchemaTransform,
        transformObject: (document) => {
          const complete = jsonSchemaTransformObject(document);
          return 'openapi' in complete ? tidy(complete) : complete;
        },
      });
      await app.register(swaggerUi, {
        routePrefix: DOCS_PATH,
        staticCSP: CONTENT_SECURITY_POLICY,
        uiHooks: {
          // With a slash at the end, the page's relative links work below any path.
          onRequest: (request, reply, done) => {
            if (request.url.split('?')[0] !== DOCS_PATH) return done();
            reply.redirect(`${addresses.baseOf(request)}${DOCS_PATH}/`);
          },
        },
        transformSpecification: (document, request) => {
          const base = addresses.baseOf(request);
          return base === '' ? document : { ...document, servers: [{ url: base }] };
        },
      });
    },
    { name: 'docs' },
  );
