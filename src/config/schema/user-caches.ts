// Made of the schema by "npm run config-reference"; see config-schema.ts.

/** Where answers are kept. */
export interface Cache {
  /** The folder, of this cache alone; without one, answers are kept in memory only. */
  readonly folder?: string;
  /** Answers in the memory of each front thread. Default: "64m". */
  readonly memory?: number | string;
  /** The size of the folder. Default: "1g". */
  readonly maxSize?: number | string | 'any';
  /** So much stays free on the file system. Default: 0. */
  readonly minFree?: number | string;
  /** How many characters the names of folders in folders have. Default: [1,2]. */
  readonly levels?: readonly number[];
  /** The largest answer that is kept. Default: "memory 8m, in a folder 1g". */
  readonly maxEntry?: number | string;
  /** How many answers are kept. Default: 100000. */
  readonly maxEntries?: number;
  /** What nobody asked for so long is removed. Default: "1d". */
  readonly inactive?: string;
}

/** How answers are kept and given again. */
export interface CacheUse {
  /** The name in `caches`. `default` is there without being said: 64m of memory. In `defaults` nothing is kept without a name. Default: "the outer level's, else 'default'". */
  readonly name?: false | string;
  /** RFC 9111, or as nginx, without Age and what requests ask for. Default: "rfc". */
  readonly rules?: 'rfc' | 'nginx';
  /** What tells answers apart. Default: "the URL". */
  readonly key?: string;
  /** How long answers are fresh that do not say so themselves; a time is for 200, 301 and 302. */
  readonly valid?:
    | string
    | Readonly<Record<string, string>>
    | readonly {
        /** For which. */
        readonly statuses: readonly number[] | 'any';
        /** How long. */
        readonly time: string;
      }[];
  /** The answer is not taken from here where one is neither empty nor '0'. */
  readonly bypass?: string | readonly string[];
  /** The answer is not kept where one is neither empty nor '0'. */
  readonly noStore?: string | readonly string[];
  /** After so many requests an answer is kept. Default: 1. */
  readonly minUses?: number;
  /** Methods whose answers are kept. Default: ["GET","HEAD"]. */
  readonly methods?: readonly ('GET' | 'HEAD' | 'POST')[];
  /** For ranges that begin behind it the whole answer is not fetched. Default: "any". */
  readonly maxRangeOffset?: number | string | 'any';
  /** For which failures a stale answer is given. */
  readonly useStale?: readonly (
    | 'error'
    | 'timeout'
    | 'invalid_header'
    | 'updating'
    | 'http_500'
    | 'http_502'
    | 'http_503'
    | 'http_504'
    | 'http_403'
    | 'http_404'
    | 'http_429'
  )[];
  /** Of requests for the same answer one fetches it, the others wait. Default: true. */
  readonly lock?:
    | boolean
    | {
        /** Whether they wait. */
        readonly enabled?: boolean;
        /** For how long. Default: "5s". */
        readonly timeout?: string;
        /** After so long another one fetches it. Default: "5s". */
        readonly age?: string;
      };
  /** What is stale is asked for with conditions. Default: true. */
  readonly revalidate?: boolean;
  /** What is stale is given at once, where `useStale` has 'updating', and fetched. Default: true. */
  readonly backgroundUpdate?: boolean;
  /** HEAD becomes GET. Default: true. */
  readonly convertHead?: boolean;
  /** Answers get Cache-Status (RFC 9211). Default: true. */
  readonly status?: boolean;
  /** Large answers are fetched and kept in such pieces. Default: false. */
  readonly slice?: false | number | string;
  /** A method by which what is kept for a path is removed. Default: false. Danger: Who may purge can have every answer fetched anew. */
  readonly purge?:
    | false
    | {
        /** The method. Default: "PURGE". */
        readonly method?: string;
        /** Addresses and networks of those who may. */
        readonly from: readonly string[];
      };
  /** Fields of answers that mean nothing here. */
  readonly ignore?: readonly string[];
}
