import { parseArgs } from 'node:util';
import { type BenchCase, benchCases } from './cases.ts';
import { type BenchServer, benchServers } from './servers.ts';

export interface BenchOptions {
  /** Length of one measured run, in whole seconds; undefined for what the case says. */
  readonly seconds: number | undefined;
  readonly rounds: number;
  readonly cases: readonly BenchCase[];
  readonly servers: readonly BenchServer[];
  /** How many front threads Galley has. */
  readonly frontThreads: number;
  /** The interpreter that has the peers: a command or an absolute path. */
  readonly python: string;
  /** Where the results are written as JSON, if anywhere. */
  readonly json: string | undefined;
}

export const usage: string = `npm run bench -- [--seconds 5, of nginx 2] [--rounds 3] [--cases NAME,…] [--servers NAME,…] [--json FILE]
               [--front-threads 1]
  A name selects all that begin with it.
  cases: ${benchCases.map(({ name }) => name).join(', ')}
  servers: ${benchServers.map(({ name }) => name).join(', ')}`;

/** Reads the command line. Throws with one sentence when it is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      cases: { type: 'string', default: '' },
      servers: { type: 'string', default: '' },
      'front-threads': { type: 'string', default: '1' },
      json: { type: 'string' },
      python: { type: 'string', default: 'python3' },
    },
  });
  return {
    seconds: values.seconds === undefined ? undefined : positive('--seconds', values.seconds),
    rounds: positive('--rounds', values.rounds),
    cases: select('--cases', values.cases, benchCases),
    servers: select('--servers', values.servers, benchServers),
    frontThreads: positive('--front-threads', values['front-threads']),
    python: values.python,
    json: values.json,
  };
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`Cannot use ${option} "${text}": it takes a whole number from 1`);
  return Number(text);
}

function select<T extends { readonly name: string }>(option: string, text: string, all: readonly T[]): readonly T[] {
  const prefixes = text.split(',');
  const unknown = prefixes.find((prefix) => !all.some(({ name }) => name.startsWith(prefix)));
  if (unknown !== undefined) throw new Error(`Cannot use ${option} "${unknown}": no name begins with it`);
  return all.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}
