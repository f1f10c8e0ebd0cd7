import { z } from 'zod';
import { staleConditions } from '../../plan/cache-plan.ts';
import {
  duration,
  either,
  flag,
  fullText,
  lifetime,
  list,
  needed,
  object,
  off,
  oneOf,
  oneOrMore,
  option,
  type Shape,
  size,
  strict,
  wholeNumber,
} from './types.ts';

/** Where answers are kept. */
export const cacheStore: z.ZodType = object('Cache', 'Where answers are kept.', {
  folder: option(fullText, 'The folder, of this cache alone; without one, answers are kept in memory only.', {
    nginx: 'proxy_cache_path',
  }),
  memory: option(size, 'Answers in the memory of each front thread.', { default: '64m' }),
  maxSize: option(either("a size or 'any'", size, oneOf('any')), 'The size of the folder.', {
    nginx: 'proxy_cache_path max_size',
    default: '1g',
  }),
  minFree: option(size, 'So much stays free on the file system.', {
    nginx: 'proxy_cache_path min_free',
    default: 0,
  }),
  levels: option(list(wholeNumber(1, 2)), 'How many characters the names of folders in folders have.', {
    nginx: 'proxy_cache_path levels',
    default: [1, 2],
  }),
  maxEntry: option(size, 'The largest answer that is kept.', { default: 'memory 8m, in a folder 1g' }),
  maxEntries: option(wholeNumber(1, 1_000_000_000), 'How many answers are kept.', {
    nginx: 'proxy_cache_path keys_zone',
    default: 100_000,
  }),
  inactive: option(lifetime, 'What nobody asked for so long is removed.', {
    nginx: 'proxy_cache_path inactive',
    default: '1d',
  }),
});

const validTable = z.record(
  z.string().regex(/^([1-5]\d\d|any)$/, { error: "it takes statuses such as 404, or 'any', as names" }),
  lifetime,
  { error: (issue) => (issue.code === 'invalid_type' ? 'it takes an object' : undefined) },
);

const valid = either(
  "a time such as '10m', a table such as { 200: '10m', any: '1m' } or a list of { statuses, time }",
  lifetime,
  validTable,
  list(
    strict({
      statuses: needed(either("a list of statuses or 'any'", list(wholeNumber(100, 599)), oneOf('any')), 'For which.'),
      time: needed(lifetime, 'How long.'),
    }),
  ),
);

const variables = oneOrMore('a text or a list of texts', fullText);

/** How answers are kept. */
export const cacheOptions: Shape = {
  cache: option(
    either(
      "true, false, a name in `caches`, a time such as '10m', or an object",
      flag,
      fullText,
      object('CacheUse', 'How answers are kept and given again.', {
        name: option(
          either('false or a name', off, fullText),
          'The name in `caches`. `default` is there without being said: 64m of memory. In `defaults` nothing is kept without a name.',
          { nginx: 'proxy_cache', default: "the outer level's, else 'default'" },
        ),
        rules: option(oneOf('rfc', 'nginx'), 'RFC 9111, or as nginx, without Age and what requests ask for.'),
        key: option(fullText, 'What tells answers apart.', { nginx: 'proxy_cache_key', default: 'the URL' }),
        valid: option(
          valid,
          'How long answers are fresh that do not say so themselves; a time is for 200, 301 and 302.',
          {
            nginx: 'proxy_cache_valid',
          },
        ),
        bypass: option(variables, "The answer is not taken from here where one is neither empty nor '0'.", {
          nginx: 'proxy_cache_bypass',
        }),
        noStore: option(variables, "The answer is not kept where one is neither empty nor '0'.", {
          nginx: 'proxy_no_cache',
        }),
        minUses: option(wholeNumber(1, 1_000_000), 'After so many requests an answer is kept.', {
          nginx: 'proxy_cache_min_uses',
        }),
        methods: option(list(oneOf('GET', 'HEAD', 'POST')), 'Methods whose answers are kept.', {
          nginx: 'proxy_cache_methods',
        }),
        maxRangeOffset: option(
          either("a size or 'any'", size, oneOf('any')),
          'For ranges that begin behind it the whole answer is not fetched.',
          { nginx: 'proxy_cache_max_range_offset', default: 'any' },
        ),
        useStale: option(list(oneOf(...staleConditions)), 'For which failures a stale answer is given.', {
          nginx: 'proxy_cache_use_stale',
        }),
        lock: option(
          either(
            'true, false or { enabled, timeout, age }',
            flag,
            strict({
              enabled: option(flag, 'Whether they wait.'),
              timeout: option(duration, 'For how long.', { nginx: 'proxy_cache_lock_timeout', default: '5s' }),
              age: option(duration, 'After so long another one fetches it.', {
                nginx: 'proxy_cache_lock_age',
                default: '5s',
              }),
            }),
          ),
          'Of requests for the same answer one fetches it, the others wait.',
          { nginx: 'proxy_cache_lock', default: true },
        ),
        revalidate: option(flag, 'What is stale is asked for with conditions.', {
          nginx: 'proxy_cache_revalidate',
        }),
        backgroundUpdate: option(
          flag,
          "What is stale is given at once, where `useStale` has 'updating', and fetched.",
          {
            nginx: 'proxy_cache_background_update',
          },
        ),
        convertHead: option(flag, 'HEAD becomes GET.', { nginx: 'proxy_cache_convert_head' }),
        status: option(flag, 'Answers get Cache-Status (RFC 9211).'),
        slice: option(either('false or a size', off, size), 'Large answers are fetched and kept in such pieces.', {
          nginx: 'slice',
        }),
        purge: option(
          either(
            'false or { method, from }',
            off,
            strict({
              method: option(fullText, 'The method.', { default: 'PURGE' }),
              from: needed(list(fullText), 'Addresses and networks of those who may.'),
            }),
          ),
          'A method by which what is kept for a path is removed.',
          { nginx: 'proxy_cache_purge', danger: 'Who may purge can have every answer fetched anew.' },
        ),
        ignore: option(list(fullText), 'Fields of answers that mean nothing here.', { nginx: 'proxy_ignore_headers' }),
      }),
    ),
    'Answers are kept and given again.',
    {
      nginx: 'proxy_cache',
      danger: 'What an answer depends on beside its key and what it says in Vary is shown to others.',
    },
  ),
};
