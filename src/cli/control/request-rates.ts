import type { GalleyStatus } from '../../server/control/galley-status.ts';

/** Requests a second, by the name of the app. */
export type RequestRates = ReadonlyMap<string, AppRates>;

export interface AppRates {
  readonly perSecond: number;
  /** By the id of the worker. */
  readonly workers: ReadonlyMap<number, number>;
}

/** What was done between two looks at the same Galley, a second; undefined where it was not the same, or no time has passed. */
export function requestRates(before: GalleyStatus | undefined, now: GalleyStatus): RequestRates | undefined {
  if (before === undefined || before.startedAt !== now.startedAt || before.pid !== now.pid) return undefined;
  const seconds = (now.uptimeMs - before.uptimeMs) / 1_000;
  if (seconds <= 0) return undefined;
  return new Map(
    now.apps.map((app) => {
      const earlier = before.apps.find(({ name }) => name === app.name);
      const counts = new Map(earlier?.workers.map(({ id, requests }) => [id, requests]));
      const workers = app.workers.map(
        ({ id, requests }) => [id, (requests - (counts.get(id) ?? 0)) / seconds] as const,
      );
      return [app.name, { perSecond: (app.requests - (earlier?.requests ?? 0)) / seconds, workers: new Map(workers) }];
    }),
  );
}
