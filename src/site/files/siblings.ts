import { chooseEncoding } from '../../http/accept-encoding.ts';
import type { Settings } from '../../plan/settings.ts';
import { FreshMap } from './fresh-map.ts';

type Precompressed = Settings['precompressed'][number];

/** A file that may be sent in place of another, which it holds compressed. */
export interface Sibling extends Precompressed {
  /** What its path has more than that of the other file. */
  readonly suffix: string;
}

export interface SiblingChoice {
  /** Undefined for the file itself. */
  readonly sibling: Sibling | undefined;
  /** Others who ask for the same path may get something else. */
  readonly varies: boolean;
}

const alone: SiblingChoice = { sibling: undefined, varies: false };

interface Found {
  readonly siblings: readonly Sibling[];
  readonly encodings: readonly Precompressed['encoding'][];
}

const suffixes = { gzip: '.gz', br: '.br', zstd: '.zst' } as const;

/** Which files of a location have siblings. */
export class Siblings {
  readonly #wanted: readonly Sibling[];
  readonly #found: FreshMap<Found> = new FreshMap();
  readonly #isFile: (path: string) => boolean;

  /** Best first. */
  constructor(precompressed: readonly Precompressed[], isFile: (path: string) => boolean) {
    this.#isFile = isFile;
    this.#wanted = precompressed.map((each) => ({ ...each, suffix: suffixes[each.encoding] }));
  }

  /** What is to be sent for the file at `path`. `now` is in milliseconds since 1970. */
  choose(path: string, acceptEncoding: string | undefined, now: number): SiblingChoice {
    const { siblings, encodings } = this.#find(path, now);
    if (siblings.length === 0) return alone;
    const encoding = chooseEncoding(acceptEncoding, encodings);
    const sibling = siblings.find((each) => (encoding === undefined ? each.always : each.encoding === encoding));
    return { sibling, varies: siblings.some(({ always }) => !always) };
  }

  #find(path: string, now: number): Found {
    const before = this.#found.get(path, now);
    if (before) return before;
    const siblings = this.#wanted.filter(({ suffix }) => this.#isFile(path + suffix));
    const found = { siblings, encodings: siblings.map(({ encoding }) => encoding) };
    this.#found.set(path, found, now);
    return found;
  }
}
