import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { eventually } from './poll.ts';

/** Numbers of the server's IndexedValueType: https://github.com/temporalio/api, enums/v1/common.proto */
export const TYPE = { Text: 1, Keyword: 2, Int: 3, KeywordList: 7 } as const;

/** Makes a namespace on the shared server with only these search attributes. The settings of this process name it. */
export async function testNamespace(searchAttributes: Record<string, number>): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await eventually(() =>
      connection.workflowService.describeNamespace({ namespace }).catch(() => false as const),
    );
    if (Object.keys(searchAttributes).length > 0) {
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
  } finally {
    await connection.close();
  }
  process.env['TEMPORAL_NAMESPACE'] = namespace;
  return namespace;
}

/** Search attributes of other programs that leave room for `left` more Keywords. SQL visibility has room for ten. */
export const noPlaceLeft = (left = 0): Record<string, number> =>
  Object.fromEntries(Array.from({ length: 10 - left }, (_, index) => [`Taken${index}`, TYPE.Keyword]));
