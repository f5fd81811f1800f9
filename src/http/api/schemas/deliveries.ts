import { z } from 'zod';
import { DELIVERY_OUTCOMES } from '../../../domain/deliveries.ts';
import type { CountedDeliveries } from '../../../store/state/deliveries.ts';
import { count, time, type Shape } from './common.ts';

export const deliverySchema = z
  .object({
    type: z.string().describe('For example data-changed'),
    outcome: z.enum(DELIVERY_OUTCOMES),
    times: count,
    firstAt: time,
    lastAt: time,
  } satisfies Shape<CountedDeliveries>)
  .meta({ id: 'Delivery' });
