import { closeSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { CacheEvent } from './cache-event.ts';
import type { CachePurgeRequest } from './cache-store.ts';
import type { DiskIndex } from './disk-index.ts';
import { begunAtOf, keyNameOf } from './entry-file.ts';
import { isMeant } from './head-match.ts';
import type { HotEntries, HotKey } from './hot-entries.ts';
import { type Guard, PurgeGuards } from './purge-guards.ts';

/** How long a sweep holds up the event loop at a time, in milliseconds. */
const sliceMs = 2;

/** What purges of a folder are given to work with. */
export interface PurgeTools {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly isOpen: () => boolean;
  readonly pathOf: (file: string) => string;
  /** Reads a file, and removes it where a guard says so. */
  readonly look: (file: string) => Promise<unknown>;
  /** The file is not known any more. */
  readonly drop: (file: string) => void;
  readonly unlink: (file: string) => void;
  /** Both, and the other threads are told. */
  readonly remove: (file: string) => void;
  readonly track: <Result>(work: Promise<Result>) => Promise<Result>;
  readonly tell: (event: CacheEvent) => void;
}

/** Removes from a folder what is purged. What a prefix or a tag means is told only by the files themselves, so all of them are looked into. */
export class DiskPurges {
  readonly guards: PurgeGuards;
  readonly #index: DiskIndex<HotKey>;
  readonly #hot: HotEntries;
  readonly #tools: PurgeTools;
  #sweeping: Promise<void> | undefined;
  /** The one after that. */
  #nextSweep: Promise<void> | undefined;

  constructor(index: DiskIndex<HotKey>, hot: HotEntries, tools: PurgeTools) {
    this.guards = new PurgeGuards(tools.now);
    this.#index = index;
    this.#hot = hot;
    this.#tools = tools;
  }

  /** Gives how many entries there were. */
  purge(guard: Guard): number | Promise<number> {
    const { what, at } = guard;
    const before = this.#index.entries;
    if (what.kind === 'key') {
      for (const file of this.#index.filesOf(keyNameOf(what.value))) this.#tools.remove(file);
      return before - this.#index.entries;
    }
    if (what.kind === 'all') {
      const files = this.#forgetAll(at);
      void this.#tools.track(this.#unlinkAll(files, at));
      return before - this.#index.entries;
    }
    this.#dropMeant(what, at);
    const removed = before - this.#index.entries;
    const sweeping = this.#nextSweepOver().then(() => {
      this.#isSwept(at);
      return removed + guard.removed;
    });
    return this.#tools.track(sweeping);
  }

  /** What another thread purges, it removes from the disk; this one has to do so with what that one does not know of yet. */
  heard(what: CachePurgeRequest, at: number): void {
    if (what.kind === 'key') {
      for (const file of this.#index.filesOf(keyNameOf(what.value))) this.#removeIfBegunBefore(file, at);
      return;
    }
    this.#dropMeant(what, at);
    if (what.kind === 'all') this.#forgetAll(at);
  }

  /** Resolves when a sweep that has not begun yet is over: one for all that wait for it. */
  #nextSweepOver(): Promise<void> {
    if (!this.#sweeping) {
      this.#sweeping = this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
      return this.#sweeping;
    }
    this.#nextSweep ??= this.#sweeping.then(() => {
      this.#nextSweep = undefined;
      return this.#nextSweepOver();
    });
    return this.#nextSweep;
  }

  /** Looks into every file that is not in memory, so that the guards remove those that are meant. */
  async #sweep(): Promise<void> {
    let until = performance.now() + sliceMs;
    for (const { file } of this.#index.items()) {
      if (!this.#tools.isOpen()) return;
      if (this.#index.get(file)) await this.#tools.look(file);
      if (performance.now() < until) continue;
      await setImmediate();
      until = performance.now() + sliceMs;
    }
  }

  #isSwept(at: number): void {
    this.guards.swept(at);
    this.#tools.tell({ kind: 'swept', at });
  }

  #dropMeant(what: CachePurgeRequest, at: number): void {
    for (const { key, entries } of this.#hot.all) {
      for (const { file, head } of entries) if (isMeant(what, key, head)) this.#removeIfBegunBefore(file, at);
    }
  }

  /** Gives the files that are not known any more. */
  #forgetAll(at: number): readonly string[] {
    const files = [...this.#index.items()].filter(({ putAt }) => putAt <= at).map(({ file }) => file);
    for (const file of files) this.#tools.drop(file);
    return files;
  }

  async #unlinkAll(files: readonly string[], at: number): Promise<void> {
    for (const [index, file] of files.entries()) {
      if (!this.#index.get(file)) this.#tools.unlink(file);
      if (index % 100 === 99) await setImmediate();
    }
    this.#isSwept(at);
  }

  #removeIfBegunBefore(file: string, at: number): void {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.#tools.pathOf(file), 'r');
      const wasThere = this.#index.get(file)?.putAt === 0;
      if (wasThere || begunAtOf(descriptor) <= at) this.#tools.remove(file);
    } catch {
      this.#tools.drop(file);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}
