import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** OpenAPI of the admin API at /api/docs. Only routes with a tag are shown. */
export const docs = fp(
  async (app) => {
    await app.register(swagger, {
      hideUntagged: true,
      openapi: {
        info: {
          title: 'kombo-sync admin API',
          description: 'See how integrations are doing, and start syncs. Needs ADMIN_TOKEN as bearer token.',
          version: '1',
        },
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      },
      transform: jsonSchemaTransform,
    });
    await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true });
  },
  { name: 'docs' },
);
