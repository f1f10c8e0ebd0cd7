import { mostWorkers, type WorkerRange } from '../app/options.ts';
import { wholeNumber } from './value-type.ts';

/** How many workers somebody wants; the same for both ends a fixed number. */
export type WorkerCount = Pick<WorkerRange, 'min' | 'max'>;

/** `4` or `1-8`, from 1 to 512; undefined for anything else. */
export function parseWorkerRange(text: string): WorkerCount | undefined {
  const [least = '', most = least, ...others] = text.split('-');
  const number = wholeNumber('NUMBER', 1, mostWorkers);
  const [min, max] = [number.parse(least), number.parse(most)];
  return min === undefined || max === undefined || min > max || others.length > 0 ? undefined : { min, max };
}
