import type { SplitPlan } from '../../plan/variable-plan.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { wireText } from './parse-template.ts';

const most = 0xffffffff;

/** nginx `split_clients`: each value has a part of the hashes; nginx and Galley agree on which. Throws PlanError. */
export function compileSplit(plan: SplitPlan, context: CompileContext): (request: SiteRequest) => string {
  const source = context.template(plan.source);
  let end = 0;
  let total = 0;
  const parts = plan.parts.map(({ percent, value }) => {
    const hundredths = Math.round((percent ?? 0) * 100);
    total += hundredths;
    end += Math.floor((hundredths * most) / 10_000);
    return { end: percent === undefined ? most + 1 : end, value: wireText(value) };
  });
  if (total > 10_000) throw new PlanError('percent total is greater than 100%');
  return (request) => {
    const hash = murmurHash2(source.evaluate(request));
    return parts.find((part) => hash < part.end)?.value ?? '';
  };
}

const multiplier = 0x5bd1e995;

/** MurmurHash2 of 32 bits with seed 0, of a latin-1 text. */
export function murmurHash2(text: string): number {
  let hash = text.length;
  let at = 0;
  for (; at + 4 <= text.length; at += 4) {
    let word =
      text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = text.length - at;
  if (rest > 2) hash ^= text.charCodeAt(at + 2) << 16;
  if (rest > 1) hash ^= text.charCodeAt(at + 1) << 8;
  if (rest > 0) hash = Math.imul(hash ^ text.charCodeAt(at), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) >>> 0;
}
