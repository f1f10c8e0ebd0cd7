import { randomBytes } from 'node:crypto';
import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import { maxRanges } from '../../core/limits.ts';
import type { Reply } from '../../core/reply.ts';
import {
  evaluatePreconditions,
  ifRangeHolds,
  type ModifiedComparison,
  type Validators,
} from '../../http/conditional.ts';
import { formatHttpDate } from '../../http/date.ts';
import { fileEntityTag } from '../../http/entity-tag.ts';
import { type ByteRange, decideRanges } from '../../http/range.ts';
import type { Charset, Settings } from '../../plan/settings.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import { type MediaTypeTest, mediaTypeTest } from '../reply/media-types.ts';
import type { SiteRequest } from '../site-request.ts';
import type { FileContents } from './file-contents.ts';
import { multipartOf } from './multipart.ts';
import type { FileFacts } from './open-file.ts';

type Field = readonly [name: string, value: string];

/** What the answers of a location's files have in common. */
export class FileAnswerRules {
  readonly #hasEntityTag: boolean;
  readonly comparison: ModifiedComparison;
  readonly maxRanges: number;
  /** Whether the content is changed on its way, so that its parts are not those of the file. */
  readonly #isChanged: readonly MediaTypeTest[];

  /** Whether the whole content may be compressed on its way, where caches are told of that. */
  readonly #varies: (fields: HeaderList, size: number) => boolean;

  constructor({ etag, ifModifiedSince, maxRanges: most, compression, ...change }: Settings) {
    this.#hasEntityTag = etag;
    this.comparison = ifModifiedSince;
    this.maxRanges = most ?? maxRanges;
    const { vary = false, encodings = [], types = [], minLength = 0 } = compression ?? {};
    const isCompressible = vary && encodings.length > 0 ? mediaTypeTest(types) : () => false;
    this.#varies = (fields, size) => size >= minLength && isCompressible(fields);
    const changed = [
      change.substitution?.types,
      change.addition?.types,
      change.charset && mayRecode(change.charset) ? change.charset.types : undefined,
    ];
    this.#isChanged = changed.filter((types) => types !== undefined).map(mediaTypeTest);
  }

  /** `type` is '' for none. The sibling of a file has its own facts, and an encoding. `varies`: by `accept-encoding`. */
  answers(
    facts: FileFacts,
    contents: FileContents,
    type: string,
    encoding: string | undefined,
    varies: boolean,
  ): FileAnswers {
    const { modifiedSeconds } = facts;
    const entityTag = this.#hasEntityTag ? fileEntityTag(modifiedSeconds, facts.size) : undefined;
    const fields: Field[] = [['last-modified', formatHttpDate(modifiedSeconds)]];
    if (entityTag !== undefined) fields.push(['etag', entityTag]);
    if (varies) fields.push(['vary', 'Accept-Encoding']);
    const typeFields: Field[] = type === '' ? [] : [['content-type', type]];
    const typeList = HeaderList.of(typeFields);
    const isCompressed = encoding === undefined && !varies && this.#varies(typeList, facts.size);
    // As nginx: a sibling is sent whole.
    const isRangeable = this.maxRanges > 0 && encoding === undefined && !this.#isChanged.some((test) => test(typeList));
    const encodingFields: Field[] = encoding === undefined ? [] : [['content-encoding', encoding]];
    return new FileAnswers(this, contents, {
      validators: { entityTag, modifiedSeconds },
      type,
      fields,
      partFields: isCompressed ? [...fields, ['vary', 'Accept-Encoding']] : fields,
      ownFields: [...typeFields, ...encodingFields],
      isRangeable,
    });
  }
}

/** Whether text may leave in another charset than that of the file. */
function mayRecode({ charset, source, override }: Charset): boolean {
  if (charset === undefined) return false;
  // Then a charset in the file's own type counts as well.
  if (override) return true;
  if (source === undefined || source === 'off') return false;
  return `${charset}${source}`.includes('$') || charset.toLowerCase() !== source.toLowerCase();
}

interface AnswerFacts {
  readonly validators: Validators;
  readonly type: string;
  /** Of every answer. */
  readonly fields: readonly Field[];
  /** The same where it is not sent whole: nobody sees then that it would have been compressed. */
  readonly partFields: readonly Field[];
  /** Of an answer with content. */
  readonly ownFields: readonly Field[];
  readonly isRangeable: boolean;
}

/** All answers that there are to requests for one state of a file. Those without ranges are made once. */
export class FileAnswers {
  readonly #rules: FileAnswerRules;
  readonly #contents: FileContents;
  readonly #facts: AnswerFacts;
  readonly #headers: HeaderList;
  #whole: Reply | undefined;
  #notModified: Reply | undefined;

  constructor(rules: FileAnswerRules, contents: FileContents, facts: AnswerFacts) {
    this.#rules = rules;
    this.#contents = contents;
    this.#facts = facts;
    const length: Field = ['content-length', String(contents.size)];
    const ranges: Field[] = facts.isRangeable ? [['accept-ranges', 'bytes']] : [];
    this.#headers = HeaderList.of([...facts.ownFields, length, ...facts.fields, ...ranges]);
  }

  /** The answer to a GET or HEAD. To be called once where the contents are read from a descriptor. */
  answer(request: SiteRequest): SiteOutcome {
    // A part of another answer, or a page for an error, is sent as it is.
    if (request.parent || request.errorStatus === 200) return this.#whole200(request);
    if (request.errorStatus !== undefined) return this.#errorPage(request);
    const { headers } = request.exchange.request;
    const outcome = evaluatePreconditions(headers, this.#facts.validators, this.#rules.comparison);
    if (outcome !== 'go-on') {
      this.#contents.release();
      return outcome === 'failed' ? statusOutcome(412) : this.#reply304();
    }
    const range = this.#facts.isRangeable ? headers.get('range') : undefined;
    return range === undefined ? this.#whole200(request) : this.#ranges(request, range);
  }

  #ranges(request: SiteRequest, field: string): SiteOutcome {
    const { size } = this.#contents;
    const holds = ifRangeHolds(request.header('if-range'), this.#facts.validators);
    const decision = holds ? decideRanges(field, size, this.#rules.maxRanges) : 'whole';
    if (decision === 'whole') return this.#whole200(request);
    if (decision === 'unsatisfiable') {
      this.#contents.release();
      return { kind: 'status', status: 416, fields: [['content-range', `bytes */${size}`]] };
    }
    const [first] = decision;
    return decision.length === 1 && first ? this.#single206(request, first) : this.#multiple206(request, decision);
  }

  #whole200({ method }: SiteRequest): Reply {
    if (method === 'HEAD') return this.#headOnly(200, this.#headers);
    this.#whole ??= { status: 200, headers: this.#headers, body: this.#contents.whole() };
    return this.#whole;
  }

  /** Its time says nothing of the error (nginx leaves it out as well). */
  #errorPage({ method }: SiteRequest): Reply {
    const headers = this.#headers.without('last-modified', 'accept-ranges');
    return method === 'HEAD' ? this.#headOnly(200, headers) : { status: 200, headers, body: this.#contents.whole() };
  }

  #reply304(): Reply {
    this.#notModified ??= { status: 304, headers: HeaderList.of(this.#facts.partFields), body: emptyBody };
    return this.#notModified;
  }

  #single206({ method }: SiteRequest, range: ByteRange): Reply {
    const { start, end } = range;
    const headers = HeaderList.of([
      ...this.#facts.ownFields,
      ['content-length', String(end - start)],
      ...this.#facts.partFields,
      ['content-range', `bytes ${start}-${end - 1}/${this.#contents.size}`],
    ]);
    if (method === 'HEAD') return this.#headOnly(206, headers);
    return { status: 206, headers, body: this.#contents.parts([range]) };
  }

  #multiple206({ method }: SiteRequest, ranges: readonly ByteRange[]): Reply {
    const boundary = randomBytes(10).toString('hex');
    const { segments, length } = multipartOf(ranges, this.#contents.size, this.#facts.type, boundary);
    const headers = HeaderList.of([
      ['content-type', `multipart/byteranges; boundary=${boundary}`],
      ['content-length', String(length)],
      ...this.#facts.partFields,
    ]);
    if (method === 'HEAD') return this.#headOnly(206, headers);
    return { status: 206, headers, body: this.#contents.parts(segments) };
  }

  #headOnly(status: number, headers: HeaderList): Reply {
    this.#contents.release();
    return { status, headers, body: emptyBody };
  }
}
