import { setFlagsFromString } from 'node:v8';

/**
 * Has the engine begin a major collection when four fifths of the room for old objects are used. Left to itself it begins one as soon
 * as what is free there is less than the room for young objects, which for a heap as small as ours is nearly always
 * (decisions/0009-major-collections.md). Does nothing on an engine that does not know these flags.
 */
export function postponeMajorCollections(): void {
  setFlagsFromString('--incremental-marking-soft-trigger=80');
  setFlagsFromString('--incremental-marking-hard-trigger=95');
}
