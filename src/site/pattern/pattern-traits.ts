import { oneOf } from './byte-set.ts';
import { mostThreads } from './most-threads.ts';
import { extentOf, type PatternNode, type Repeat } from './pattern-node.ts';

/** As many times as RE2 repeats. */
const mostRepeats = 1000;

/** Each one may be under way at each byte. */
const mostLongRepeats = 5;
const mostRepeatedPositions = 15;

/** At as many places of a pattern a text may be at once: with them RE2 needs 5 to 15 ms for 8 KiB. */
const mostPlaces = 20;

/** Much of what RE2 can have takes it long. */
export function isForRe2(node: PatternNode): boolean {
  return canBeRe2(node) && isQuickWithRe2(node);
}

/** A list of words that stands once may be long, since many configs have one: 100 of them take 20 ms for 8 KiB. */
export function isQuickWithRe2(node: PatternNode): boolean {
  const isSimple = longRepeats(node) <= mostLongRepeats && repeatedPositions(node, 0) <= mostRepeatedPositions;
  return isSimple || mostThreads(node) <= mostPlaces;
}

/** How many bytes what repeats or may be left out takes when it is written out. `times`: how often this stands there; 0 outside of it. */
function repeatedPositions(node: PatternNode, times: number): number {
  switch (node.kind) {
    case 'set':
      return times;
    case 'repeat':
      return repeatedPositions(node.item, Math.max(limitOf(node), 1) * Math.max(times, 1));
    case 'sequence':
    case 'choice':
      return node.items.reduce((sum, item) => sum + repeatedPositions(item, times), 0);
    case 'capture':
      return repeatedPositions(node.item, times);
    default:
      return 0;
  }
}

/** How many repeats without a limit there are when those with one are written out. */
function longRepeats(node: PatternNode): number {
  switch (node.kind) {
    case 'repeat':
      return node.most === Number.POSITIVE_INFINITY
        ? 1 + longRepeats(node.item) * Math.max(node.least, 1)
        : longRepeats(node.item) * node.most;
    case 'sequence':
    case 'choice':
      return node.items.reduce((sum, item) => sum + longRepeats(item), 0);
    case 'capture':
      return longRepeats(node.item);
    default:
      return 0;
  }
}

/** Whether RE2 could have it, had it no repeats with a limit: those count as often as they may be done. */
export function hasSlowLimits(node: PatternNode): boolean {
  return canBeRe2(node) && some(node, (each) => each.kind === 'repeat' && limitOf(each) > 1);
}

function limitOf({ least, most }: Repeat): number {
  return Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most);
}

/** RE2 has no way to look around, to refer to a group or to be atomic, and a `$` only at the end. */
function canBeRe2(node: PatternNode): boolean {
  return (
    !(hasEnd(node) && hasInnerEnd(node, false)) &&
    !some(
      node,
      (each) =>
        each.kind === 'look' ||
        each.kind === 'reference' ||
        each.kind === 'atomic' ||
        (each.kind === 'repeat' && limitOf(each) > mostRepeats),
    )
  );
}

/** JavaScript forgets the groups of a repeated group each time it is done again, PCRE keeps them. */
export function forgetsGroups(root: PatternNode): boolean {
  return some(root, (node) => node.kind === 'repeat' && node.most > 1 && some(node.item, isCapture));
}

function isCapture({ kind }: PatternNode): boolean {
  return kind === 'capture';
}

/** A repetition that is empty counts for PCRE and not for JavaScript. */
export function repeatsNothing(root: PatternNode): boolean {
  return some(root, (node) => node.kind === 'repeat' && node.most > 1 && extentOf(node.item).least === 0);
}

/** Whether a `$` is in it. */
export function hasEnd(node: PatternNode): boolean {
  return some(node, (each) => each.kind === 'assertion' && each.assertion === 'end');
}

/** Whether a `$` stands where a newline that it is before could match what follows. */
function hasInnerEnd(node: PatternNode, takesNewline: boolean): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.assertion === 'end' && takesNewline;
    case 'choice':
      return node.items.some((item) => hasInnerEnd(item, takesNewline));
    case 'capture':
      return hasInnerEnd(node.item, takesNewline);
    case 'repeat':
      return hasInnerEnd(node.item, takesNewline || (node.most > 1 && canTakeNewline(node.item)));
    case 'sequence':
      return node.items.some((item, index) =>
        hasInnerEnd(item, takesNewline || node.items.slice(index + 1).some(canTakeNewline)),
      );
    default:
      return false;
  }
}

function canTakeNewline(node: PatternNode): boolean {
  return (extentOf(node).first & oneOf('\n')) !== 0n;
}

function some(node: PatternNode, isSo: (node: PatternNode) => boolean): boolean {
  if (isSo(node)) return true;
  switch (node.kind) {
    case 'sequence':
    case 'choice':
      return node.items.some((item) => some(item, isSo));
    case 'repeat':
    case 'capture':
    case 'atomic':
    case 'look':
      return some(node.item, isSo);
    default:
      return false;
  }
}
