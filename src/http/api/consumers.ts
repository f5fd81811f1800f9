import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { showConsumer } from '../../operations/consumers.ts';
import { listConsumers } from '../../store/state/consumers.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres } from './asking.ts';
import { consumerParams, consumerSchema, consumersSchema } from './schemas/consumers.ts';
import { problemsOfOneConsumer, problemsOfReading, success } from './schemas/problems.ts';

const tags = ['consumers'];

/** `/api/v1/consumers`: what reads the change feed under a name. */
export function consumerRoutes({ store }: ApiDeps): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/consumers',
      {
        schema: {
          tags,
          operationId: 'listConsumers',
          summary: 'What reads the change feed under a name: position, lag, errors, and which process works',
          response: { 200: success('The consumers by their names', consumersSchema), ...problemsOfReading },
        },
      },
      async () => ({ consumers: await askPostgres(listConsumers(store)) }),
    );

    app.get(
      '/consumers/:name',
      {
        schema: {
          tags,
          operationId: 'getConsumer',
          summary: 'One consumer, and the changes that it has skipped',
          params: consumerParams,
          response: { 200: success('The consumer', consumerSchema), ...problemsOfOneConsumer },
        },
      },
      ({ params: { name } }) => askPostgres(showConsumer(store, name)),
    );
    done();
  };
}
