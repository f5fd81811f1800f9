import { TypedSearchAttributes } from '@temporalio/common';
import { searchAttributes, type Labels } from '../domain/labels.ts';

/** The labels of a run or a schedule; given at the start they cost nothing. */
export const toSearchAttributes = (labels: Labels) => new TypedSearchAttributes(searchAttributes(labels));
