/** One case of the suite. */
export interface H2Case {
  /** Its section and what it does: `http2/5.1 idle: Sends a DATA frame`. */
  readonly name: string;
  /** What was expected and what came; undefined where it passed. */
  readonly failure: string | undefined;
  readonly isSkipped: boolean;
}

/** Cases that are not to pass, each with why. */
export type Exceptions = Readonly<Record<string, string>>;

export interface H2Summary {
  /** A line for each case that did not pass, or that passed against its exception, then the counts. */
  readonly lines: readonly string[];
  /** Whether all cases have run and passed but for the exceptions. */
  readonly passed: boolean;
}

/** The cases of a report that the suite has written as JUnit does. */
export function readReport(xml: string): H2Case[] {
  const found = xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return Array.from(found, ([, section = '', title = '', content = '']) => ({
    name: `${plain(section)} ${plain(title)}`,
    failure: /<(?:error|failure)[^>]*>([\s\S]*)<\/(?:error|failure)>/.exec(content)?.[1]?.trim(),
    isSkipped: content.includes('<skipped'),
  }));
}

/** Sums up a run; `known` are the cases that need not pass. */
export function summarizeH2(cases: readonly H2Case[], known: Exceptions): H2Summary {
  const failed = cases.filter(({ failure }) => failure !== undefined);
  const skipped = cases.filter(({ isSkipped }) => isSkipped);
  const unknown = failed.filter(({ name }) => !Object.hasOwn(known, name));
  const stale = Object.keys(known).filter((name) => !failed.some((each) => each.name === name));
  const lines = [
    ...unknown.map(({ name, failure = '' }) => `failed: ${name}\n  ${plain(failure).replaceAll('\n', '\n  ')}`),
    ...skipped.map(({ name }) => `skipped: ${name}`),
    ...failed.flatMap(({ name }) => (Object.hasOwn(known, name) ? [`not passed: ${name}: ${known[name]}`] : [])),
    ...stale.map((name) => `passed, or was not run, though it has an exception: ${name}`),
    `${cases.length - failed.length - skipped.length} of ${cases.length} passed, ${failed.length - unknown.length} are exceptions, ${unknown.length} failed, ${skipped.length} skipped`,
  ];
  return { lines, passed: unknown.length === 0 && skipped.length === 0 && cases.length > 0 };
}

function plain(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#xA;', '\n')
    .replaceAll('&amp;', '&');
}
