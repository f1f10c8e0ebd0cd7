const ownFrame = /^ {2}File ".*\/galley_worker\//;
/** A module of Python itself: what is installed beside it is the app's. */
const libraryFrame = /^ {2}File "(?:<frozen |.*\/lib\/(?:python|pypy)3\.\d+t?\/(?!site-packages\/|dist-packages\/))/;

/**
 * The part of a worker's stacks that tells of the app: without the frames that lead to the app's first one in threads and tasks of ours,
 * and without those of ours that are not in the app. All of it where nothing would be left.
 */
export function appStacks(text: string): string {
  const threads = text
    .trimEnd()
    .split(/\n(?=(?:Current thread|Thread) 0x|Task )/)
    .map((thread) => thread.trimEnd().split('\n'));
  const kept = threads.flatMap(([heading = '', ...frames]) => {
    if (!frames.some((frame) => ownFrame.test(frame))) return [[heading, ...frames]];
    const first = frames.findLastIndex((frame) => !ownFrame.test(frame) && !libraryFrame.test(frame));
    return first < 0 ? [] : [[heading, ...frames.slice(0, first + 1)]];
  });
  return (kept.length > 0 ? kept : threads).map((lines) => lines.join('\n')).join('\n\n');
}
