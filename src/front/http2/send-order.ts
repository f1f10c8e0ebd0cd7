import type { Http2Stream } from '../../protocol/http2/server-sink.ts';

/** What one stream sends before it is another one's turn, in bytes. */
export const sliceSize: number = 16 * 1024;

/** What a stream whose client wants answers one after the other sends before the next one gets some, in bytes. */
const shareSize = 16 * sliceSize;

/** Something that waits to send on a stream. */
export interface Sender {
  readonly stream: Pick<Http2Stream, 'id' | 'urgency' | 'isIncremental'>;
}

interface Place<S> {
  readonly sender: S;
  readonly level: Level<S>;
  readonly isIncremental: boolean;
  /** How many shares it has had. */
  round: number;
  /** Of its share, in bytes. */
  left: number;
}

interface Level<S> {
  /** By rounds, and by ids within one. */
  readonly inOrder: Place<S>[];
  /** The next one first. */
  readonly incremental: Place<S>[];
  isIncrementalNext: boolean;
}

/**
 * Which of the streams that can send is to do so next (RFC 9218 §10): the most urgent ones first; among those that are as urgent, incremental
 * ones take turns, and the others come in the order of their requests, but that one with much to send lets the next ones go ahead at times.
 */
export class SendOrder<S extends Sender> {
  readonly #levels: Level<S>[] = [];
  readonly #places: Map<S, Place<S>> = new Map();

  get size(): number {
    return this.#places.size;
  }

  /** It has something to send; nothing changes where it is here already. */
  add(sender: S): void {
    if (this.#places.has(sender)) return;
    const { urgency, isIncremental } = sender.stream;
    const level = this.#level(urgency);
    const round = level.inOrder[0]?.round ?? 0;
    const place = { sender, level, isIncremental, round, left: shareSize };
    this.#places.set(sender, place);
    if (isIncremental) level.incremental.push(place);
    else insert(level.inOrder, place);
  }

  delete(sender: S): void {
    const place = this.#places.get(sender);
    if (!place) return;
    this.#places.delete(sender);
    remove(place);
  }

  /** Its urgency or incrementality has changed. */
  changed(sender: S): void {
    if (!this.#places.has(sender)) return;
    this.delete(sender);
    this.add(sender);
  }

  next(): S | undefined {
    for (const level of this.#levels) {
      const inOrder = level.inOrder[0];
      const incremental = level.incremental[0];
      const place = level.isIncrementalNext ? (incremental ?? inOrder) : (inOrder ?? incremental);
      if (place) return place.sender;
    }
    return undefined;
  }

  /** What `next` has given has sent so many bytes. */
  sent(sender: S, bytes: number): void {
    const place = this.#places.get(sender);
    if (!place) return;
    const { level, isIncremental } = place;
    level.isIncrementalNext = !isIncremental;
    if (isIncremental) {
      remove(place);
      level.incremental.push(place);
      return;
    }
    place.left -= bytes;
    if (place.left > 0) return;
    place.left = shareSize;
    remove(place);
    place.round++;
    insert(level.inOrder, place);
  }

  #level(urgency: number): Level<S> {
    while (this.#levels.length <= urgency) {
      this.#levels.push({ inOrder: [], incremental: [], isIncrementalNext: false });
    }
    return this.#levels[urgency] as Level<S>;
  }
}

function insert<S extends Sender>(places: Place<S>[], place: Place<S>): void {
  const { round } = place;
  const { id } = place.sender.stream;
  let at = places.length;
  for (; at > 0; at--) {
    const before = places[at - 1] as Place<S>;
    if (before.round < round || (before.round === round && before.sender.stream.id < id)) break;
  }
  places.splice(at, 0, place);
}

function remove<S>(place: Place<S>): void {
  const { level, isIncremental } = place;
  const places = isIncremental ? level.incremental : level.inOrder;
  places.splice(places.indexOf(place), 1);
}
