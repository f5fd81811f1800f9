import { writeQuery, type PageQuery } from './query.ts';

/** Pages of our own. They keep refreshing while one walks through them. */
export const listPath = (query: Partial<PageQuery>) => `/${writeQuery(query)}`;

export const integrationPath = (integrationId: string, { refresh }: Pick<PageQuery, 'refresh'>) =>
  `/integrations/${encodeURIComponent(integrationId)}${writeQuery({ refresh })}`;
