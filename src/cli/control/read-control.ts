import type { GivenOptions } from '../read-arguments.ts';
import { UsageError } from '../usage-error.ts';
import type { ControlCommand } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';

/** What a command does, from the words and options of its command line. The function gives the exit code. Throws {@link UsageError}. */
export function readControl(
  command: ControlCommand,
  given: GivenOptions,
  words: readonly string[],
): () => Promise<number> {
  const { call, word: placeholder } = command;
  const { mostWords = placeholder === undefined ? 0 : 1 } = command;
  const extra = words[mostWords];
  if (extra !== undefined) throw new UsageError(`Unexpected "${extra}": "${call} --help" tells what it takes`);
  const [word, ...more] = words;
  if (placeholder !== undefined && word === undefined) {
    throw new UsageError(`"${call}" needs a word: write "${call} ${placeholder}"; "${call} --help" tells more`);
  }
  if (given.has('pid') && given.has('control')) {
    throw new UsageError('Cannot use --pid together with --control: each says which Galley is meant');
  }
  const action = command.prepare(word ?? '', more);
  const chosen = { pid: given.value('pid'), control: given.value('control') };
  return () =>
    withFailure(() =>
      action({
        chosen,
        app: given.value('app'),
        json: given.value('json'),
        weight: given.value('weight'),
        backup: given.value('backup'),
        key: given.value('key'),
        prefix: given.value('prefix'),
        tag: given.value('tag'),
        all: given.value('all'),
      }),
    );
}

async function withFailure(action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ControlFailure)) throw error;
    process.stderr.write(`galley: ${error.message}\n`);
    return error.exitCode;
  }
}
